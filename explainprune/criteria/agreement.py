"""Whether criteria agree on which units matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from explainprune.types import Array, Importance


def agreement(found: Mapping[str, Importance], *, layer: str | None = None) -> Any:
    """Return the rank correlations of several criteria's scores.

    Spearman's correlation (of midranks) within each layer, for scores of one layer don't compare
    with another's; the mean over the layers that both criteria score, each layer counting alike.
    Layers where either criterion gives all units the same score say nothing and are left out.

    Parameters
    ----------
    found : mapping of str to Importance
        What `importances` returned, say: all of one level, and of one model.
    layer : str, optional
        One layer only.

    Returns
    -------
    pandas.DataFrame
        Criteria by criteria; NaN where no layer is scored by both. What of it is chance, two
        criteria with nothing in common show: in one layer of u units the correlation then has a
        standard deviation of ``1 / √(u − 1)``. How far it depends on the rows, `stability` says.

    Raises
    ------
    ValueError
        If levels differ, a layer has another number of units, or no criterion scores `layer`.

    Examples
    --------
    >>> one = Importance("one", "unit", {"a": np.array([1.0, 2.0, 3.0])})
    >>> other = Importance("other", "unit", {"a": np.array([3.0, 2.0, 1.0])})
    >>> float(agreement({"one": one, "other": other}).loc["one", "other"])
    -1.0
    """
    import pandas as pd

    if len({each.level for each in found.values()}) > 1:
        levels = {name: each.level for name, each in found.items()}
        raise ValueError(f"Scores of units and of weights don't compare. Received: {levels}.")
    if layer is not None and not any(layer in each.scores for each in found.values()):
        known = sorted({path for each in found.values() for path in each.scores})
        raise ValueError(f"No criterion scores {layer!r}. Scored: {known}.")
    names = list(found)
    table = np.array([[_mean(found[a], found[b], layer) for b in names] for a in names])
    return pd.DataFrame(table, index=names, columns=names)


def rank_correlation(a: Array, b: Array) -> float:
    """Return the correlation of midranks; NaN where either is constant.

    >>> rank_correlation(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 4.0, 3.0]))
    0.8
    """
    from scipy.stats import rankdata

    ranks = [rankdata(scores) - (scores.size + 1) / 2 for scores in (a.ravel(), b.ravel())]
    scale = np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum())
    return float(ranks[0] @ ranks[1] / scale) if scale > 0 else float("nan")


def _mean(a: Importance, b: Importance, layer: str | None) -> float:
    """Average over the layers that both score."""
    found = []
    for path in a.scores:
        if path not in b.scores or layer not in (None, path):
            continue
        if a[path].shape != b[path].shape:
            raise ValueError(
                f"{path!r} has scores of shape {a[path].shape} by {a.criterion!r} and of shape "
                f"{b[path].shape} by {b.criterion!r}."
            )
        found.append(rank_correlation(a[path], b[path]))
    known = [value for value in found if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
