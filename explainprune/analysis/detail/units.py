"""Which neurons matter, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from explainprune.network import Model
from explainprune.types import Array, Data, Importance, UnitRow

Scores = dict[str, Array]
"""By layer of the dense model, one score for each of its units; NaN where a unit is gone."""


def scored(model: Model, data: Data, criterion: Any, seed: int) -> Importance | None:
    """Score units by one criterion; None where it can't be (no layers, or labels it needs)."""
    from explainprune.criteria import importance

    try:
        return importance(model, data, criterion=criterion, level="unit", seed=seed)
    except ValueError:
        return None


def joined(
    before: Importance, after: Importance | None, kept: Mapping[str, Any] | None
) -> tuple[Scores, Scores]:
    """Bring both models' scores to the dense model's units.

    Returns
    -------
    Scores, Scores
        Dense and other; see `original` for which layers can be joined.
    """
    ours = {path: np.asarray(values, dtype=float) for path, values in before.scores.items()}
    found = {} if after is None else after.scores
    index = original(
        {path: len(values) for path, values in ours.items()},
        {path: len(values) for path, values in found.items()},
        kept,
    )
    theirs = {path: np.full(len(values), np.nan) for path, values in ours.items()}
    for path, units in index.items():
        theirs[path][units] = found[path]
    return ours, theirs


def original(
    before: Mapping[str, int], after: Mapping[str, int], kept: Mapping[str, Any] | None
) -> dict[str, Array]:
    """Return, for each layer that can be joined, the dense index of each of its units.

    `kept` decides where it names a layer. Without it layers are joined by name and size, if all
    layers of the dense model are there: unrelated networks may share a name, and are left apart.

    Parameters
    ----------
    before, after : mapping of str to int
        Units of each layer of the dense and the other model.
    kept : mapping of str to ndarray of int, optional
    """
    found: dict[str, Array] = {}
    for path in before:
        if kept is not None and path in kept and path in after:
            found[path] = _indices(path, np.asarray(kept[path]), before[path], after[path])
    rest = {path: count for path, count in before.items() if path not in found}
    if all(after.get(path) == count for path, count in rest.items()):
        found |= {path: np.arange(count) for path, count in rest.items()}
    return found


def _indices(path: str, index: Array, before: int, after: int) -> Array:
    if len(index) != after or (len(index) and not 0 <= index.min() <= index.max() < before):
        raise ValueError(
            f"kept[{path!r}] needs the original index, below {before}, of each of {after} units. "
            f"Received: {index.tolist()}."
        )
    return index


def unit_rows(
    ours: Scores, theirs: Scores, alive: Mapping[str, Array], outputs: set[str]
) -> tuple[UnitRow, ...]:
    """List the hidden units with both scores and their ranks within the layer.

    Parameters
    ----------
    ours, theirs : dict of str to ndarray
    alive : mapping of str to ndarray of bool
        Whether each dense unit lives on in the other model.
    outputs : set of str
        Layers whose units are outputs: left out.
    """
    found = []
    for path in ours:
        if path in outputs:
            continue
        ranks = [_ranks(scores[path]) for scores in (ours, theirs)]
        lives = alive.get(path, ~np.isnan(theirs[path]))
        found += [
            UnitRow(
                path,
                unit,
                _known(ours[path][unit]),
                _known(theirs[path][unit]),
                _known(ranks[0][unit]),
                _known(ranks[1][unit]),
                bool(lives[unit]),
            )
            for unit in range(len(ours[path]))
        ]
    return tuple(found)


def _ranks(scores: Array) -> Array:
    """Rank from 1, the largest first; ties share their mean rank, NaN stays."""
    from scipy.stats import rankdata

    ranks = np.full(len(scores), np.nan)
    known = ~np.isnan(scores)
    if known.any():
        ranks[known] = rankdata(-scores[known])
    return ranks


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
