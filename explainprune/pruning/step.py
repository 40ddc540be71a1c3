"""What every pruning does at a step: score, and note down how well the model does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.criteria import importance
from explainprune.lookup import name_of, some
from explainprune.network.protocol import Model
from explainprune.network.training.performance import performance
from explainprune.pruning.granularity import Entries, View
from explainprune.pruning.rows import Given, at_most
from explainprune.types import Array, Importance

Criterion = str | Callable[..., Any] | Importance
"""A name in ``CRITERIA``, a function of statistics, or scores that stay as they are."""

MEASURED_ROWS = 5000
"""On how many of the rows learned from loss and accuracy are measured."""

_STREAMS = {"criterion": 1, "training": 2, "rewind": 3, "control": 4}


def scores_of(
    view: View, model: Model, given: Given, criterion: Criterion, seed: int
) -> dict[str, Array]:
    """Score every entry of `model` as it is now, or take the scores that were given.

    Raises
    ------
    ValueError
        If the criterion isn't defined for a layer that may be pruned, or scores were given for
        other entries.
    """
    found = criterion
    if not isinstance(found, Importance):
        found = importance(model, given.learn, criterion=found, level=view.level, seed=seed)
    if found.level != view.level:
        raise ValueError(
            f"What is removed is decided by scores of each {view.level}. Received: {found!r}."
        )
    missing = sorted(set(view.needs) - set(found.scores))
    if missing:
        raise ValueError(
            f"Criterion {criterion_name(criterion)!r} is not defined for "
            f"{some(map(repr, missing))}: choose another, or name them in protect."
        )
    return dict(found.scores)


def criterion_name(criterion: Criterion) -> str:
    """Return the name under which a criterion appears in the history."""
    return criterion.criterion if isinstance(criterion, Importance) else name_of(criterion)


def measured(model: Model, given: Given, prefix: str = "") -> dict[str, float]:
    """Return loss and accuracy (or R²) on the rows learned from and those choices are made on."""
    found: dict[str, float] = {}
    for name, rows in (("train", given.measured), ("validation", given.validation)):
        if rows is not None and rows.labelled:
            scores = performance(model, at_most(rows, MEASURED_ROWS))
            found |= {f"{prefix}{name}_{key}": value for key, value in scores.items()}
    return found


def sparsity_of(kept: Entries) -> float:
    """Return the share of entries that are not kept.

    >>> sparsity_of({"a": np.array([True, False]), "b": np.array([True, True])})
    0.25
    """
    total = sum(mask.size for mask in kept.values())
    return sum(int((~mask).sum()) for mask in kept.values()) / total


def stream(seed: int, name: str, step: int) -> int:
    """Derive the seed of one stream of random numbers at one step."""
    return int(np.random.SeedSequence([seed, _STREAMS[name], step]).generate_state(1)[0])
