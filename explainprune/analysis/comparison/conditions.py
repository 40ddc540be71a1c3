"""Whether the other model still works: what must hold before explanations count as clearer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explainprune.analysis.comparison.case import Case
from explainprune.analysis.intervals import row_mean
from explainprune.analysis.metrics.behaviour.accuracy import accuracy
from explainprune.analysis.metrics.behaviour.churn import churn
from explainprune.analysis.metrics.behaviour.prediction import as_labels, as_outputs
from explainprune.analysis.metrics.behaviour.proper_scores import log_loss
from explainprune.analysis.metrics.behaviour.r2 import r2_rows
from explainprune.analysis.verdict import Condition, not_broken
from explainprune.types import Array
from explainprune.types.metric import Bounds

LOSS_MARGIN = 0.05
"""Largest rise of log loss, as a share of what always predicting the class shares would cost."""


def still_works(case: Case) -> list[Condition]:
    """State that the other model is not broken, by each score that these rows allow.

    With labels: accuracy, balanced accuracy, log loss; R² in a regression. Without: churn, over all
    rows and over the classes that the dense model predicts (all alike, however rare), or the share
    of the dense output's variance that the other model doesn't reproduce.
    """
    return [
        not_broken(
            row_mean(
                rows,
                case.units,
                seed=case.settings.seed,
                bounds=bounds,
                rare=name in ("accuracy", "churn"),
                certain=case.certain,
            ),
            LOSS_MARGIN if name == "log_loss" else case.settings.accuracy_margin,
            score=name,
        )
        for name, rows, bounds in _losses(case)
    ]


def _losses(case: Case) -> Iterator[tuple[str, Array, Bounds]]:
    """Yield each score's name, by how much it is worse in each row, and what that can be."""
    a, b, y = case.dense.logits, case.other.logits, case.data.y
    decided = case.dense.deciding, case.other.deciding
    if case.task != "classification":
        weights = case.units.weights if case.units.weighted else None
        if y is None:
            yield "variance", 1 - r2_rows(b, None, as_outputs(a), weights), (None, None)
        else:
            ours, theirs = (r2_rows(each, None, y, weights) for each in (a, b))
            yield "r2", ours - theirs, (None, None)
        return
    if y is None:
        flips = churn(*decided)
        yield "churn", flips, (0.0, 1.0)
        shares, own = _shares(case, case.dense.classes)
        if len(shares) > 1:
            yield "balanced_churn", flips / (len(shares) * own), (0.0, 1.0)
        return
    fall = accuracy(decided[0], None, y) - accuracy(decided[1], None, y)
    yield "accuracy", fall, (-1.0, 1.0)
    shares, own = _shares(case, as_labels(y, a))
    if len(shares) < 2:
        return
    yield "balanced_accuracy", fall / (len(shares) * own), (-1.0, 1.0)
    chance = float(-(shares * np.log(shares)).sum())
    yield "log_loss", (log_loss(b, None, y) - log_loss(a, None, y)) / chance, (None, None)


def _shares(case: Case, classes: Array) -> tuple[Array, Array]:
    """Return the share of each class that occurs, and that of each row's class."""
    met, place = np.unique(classes, return_inverse=True)
    shares = case.units.mean((place[None] == np.arange(len(met))[:, None]).astype(float))
    return shares, shares[place]
