"""The verb `importance`: one criterion's scores of a model's units or weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, overload

import numpy as np

from explainprune.criteria.scorer import Scorer, calibration_rows
from explainprune.lookup import name_of, unknown
from explainprune.network.failing import in_words
from explainprune.network.functions.artefacts.opening import from_file
from explainprune.types import Array, Importance

Criterion = str | Callable[..., Any]
BY = ("class", "group")


@overload
def importance(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    criterion: Criterion = "taylor",
    level: str | None = None,
    target: int | None = None,
    by: None = None,
    seed: int = 0,
) -> Importance: ...


@overload
def importance(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    criterion: Criterion = "taylor",
    level: str | None = None,
    target: int | None = None,
    by: str,
    seed: int = 0,
) -> dict[Any, Importance]: ...


@in_words
def importance(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    criterion: Criterion = "taylor",
    level: str | None = None,
    target: int | None = None,
    by: str | None = None,
    seed: int = 0,
) -> Importance | dict[Any, Importance]:
    """Score the units or weights of every prunable layer by one criterion.

    A criterion that gives each weight a score gives a unit the sum over its incoming weights.

    Parameters
    ----------
    model : keras.Model or path
    x : ndarray (n, ...), dict, Data, Rows, (x, y), (x, y, weight), Dataset or PyDataset, optional
        Calibration rows; of a `Data`, those that may be learned from. Rows that carry weights count
        by them. Criteria that look at weights of the model only need none.
    y : ndarray (n,), or dict of them by output, optional
        Labels. Without them the loss is taken against the class that the model predicts.
    criterion : str or callable
        A name in `CRITERIA`, or a function whose parameters are named after statistics
        (``explainprune.network.STATISTICS``), ``rng``, ``level`` or ``probe`` (a
        ``explainprune.network.Probed``); called once for each kernel. It returns an array shaped
        like the kernel (higher = keep) or one number for each unit; or a pair of such an array
        and its standard errors (or None); or with a dict of figures as a third.
    level : str, optional
        ``"unit"`` (the default) or ``"weight"``.
    target : int, optional
        Only rows of this class count, and criteria that follow a logit (conductance, internal
        influence, lrp, shap) follow that of this class.
    by : str, optional
        ``"class"``: scores for each class as if it were the target. ``"group"``: for each group of
        rows of a `Data` or `Rows` with groups.
    seed : int
        Of criteria that draw random numbers.

    Returns
    -------
    Importance, or a dict of them by class or group with `by`
        Unit scores by layer path, weight scores by variable path. Layers for which the criterion
        isn't defined are left out.

    Raises
    ------
    ValueError
        If the criterion is unknown, scores units only where weights are asked for, or is defined
        for no layer; if rows don't fit the model, or there are no groups.
    """
    model = from_file(model)
    x, y, group, weight = calibration_rows(model, x, y)
    scorer = Scorer(model, x, y, [criterion], level or "unit", seed, weight)
    if by is None:
        return _whole(scorer, x, y, target)[name_of(criterion)]
    if target is not None:
        raise ValueError(f"Pass target or by, not both. Received: target={target}, by={by!r}.")
    found = {}
    for label, rows in _parts(model, x, y, group, by).items():
        scores = scorer(rows, int(label) if by == "class" else None)
        found[label] = scores[name_of(criterion)]
    return found


@in_words
def importances(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    criteria: Iterable[Criterion],
    level: str | None = None,
    target: int | None = None,
    seed: int = 0,
) -> dict[str, Importance]:
    """Score by several criteria, with one calibration pass for all of them.

    Parameters
    ----------
    model, x, y, level, target, seed
        As `importance` has them. Each criterion draws as it would alone.
    criteria : iterable of str or callable

    Returns
    -------
    dict of str to Importance
        By the criterion's name.

    Raises
    ------
    ValueError
        As `importance` does; if two criteria have the same name.
    """
    model = from_file(model)
    x, y, _, weight = calibration_rows(model, x, y)
    return _whole(Scorer(model, x, y, criteria, level or "unit", seed, weight), x, y, target)


def _whole(scorer: Scorer, x: Any, y: Any, target: int | None) -> dict[str, Importance]:
    """Score on all rows, or on those of one class."""
    from explainprune.network.statistics.row_statistics import checked_rows, rows_of_class

    if target is None or x is None:
        return scorer()
    return scorer(rows_of_class(scorer.model, *checked_rows(scorer.model, x, y), target), target)


def _parts(model: Any, x: Any, y: Any, group: Any, by: str) -> dict[Any, Array]:
    """Return the rows of each class or group, by index."""
    from explainprune.network.statistics.row_statistics import checked_rows, classes_of

    if by not in BY:
        raise unknown("division of rows by", by, BY)
    if x is None:
        raise ValueError(f"by={by!r} needs rows: x is None.")
    if by == "group" and group is None:
        raise ValueError("by='group' needs a Data or Rows with groups. Received: none.")
    labels = group if by == "group" else classes_of(model, *checked_rows(model, x, y), "by='class'")
    return {label.item(): np.flatnonzero(labels == label) for label in np.unique(labels)}
