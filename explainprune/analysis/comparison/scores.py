"""How well models do on the scored rows: behaviour metrics with intervals, and their losses."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from explainprune.analysis.attribution.scale import Fit, fitted_scale
from explainprune.analysis.comparison.agreements import measure
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.intervals import Units, cut, row_mean
from explainprune.types import Array, Measure, metric_of

DECISIONS = (
    "accuracy",
    "balanced_accuracy",
    "precision",
    "churn",
    "churn_where_right",
    "negative_flips",
)
"""Metrics that ask which class is decided, not with what probability."""


def applies(metric: Callable[..., Any], task: str, labelled: bool) -> bool:
    """Whether a behaviour metric can be had for this task with these labels.

    One that doesn't say what it needs is tried.
    """
    said = metric_of(metric)
    return said.task in ("", task) and (labelled or not said.labelled)


def read_by(name: str, subject: Subject) -> Array:
    """Return the outputs that a behaviour metric reads: decisions follow a stated cut-off."""
    return subject.deciding if name in DECISIONS else subject.logits


def score_rows(
    metric: Callable[..., Any],
    a: Array,
    b: Array | None,
    y: Array | None,
    weights: Array | None = None,
) -> Array | float:
    """Return a behaviour metric as one value for each row, or its single figure.

    The mean of the values, weighted as rows are, is the figure: shares within it are of the weight.
    """
    function: Callable[..., Any] = getattr(metric, "rows", metric)
    own = {"weights": weights} if "weights" in signature(function).parameters else {}
    found = np.asarray(function(a, b, y, **own), dtype=np.float64)
    return float(found) if found.ndim == 0 else found


def score(
    metric: Callable[..., Any],
    a: Array,
    b: Array | None,
    y: Array | None,
    units: Units,
    *,
    seed: int,
) -> Measure:
    """Return a behaviour metric with its interval over rows."""
    own: Callable[..., Measure] | None = getattr(metric, "measured", None)
    if own is not None:
        return own(a, b, y, units, seed=seed)
    values = score_rows(metric, a, b, y, units.weights if units.weighted else None)
    if isinstance(values, float):
        note = "one figure for all rows: no interval"
        defined = not np.isnan(values)
        return Measure(values if defined else None, None, len(a), "samples", note)
    said = metric_of(metric)
    if not hasattr(metric, "rows"):
        return measure(said, values, units, seed=seed)
    # One row may weigh more than the figure's bounds: they cut the interval, no more.
    return cut(row_mean(values, units, seed=seed), said.bounds)


def scale_rows(a: Array, b: Array) -> Array:
    """Return ``log ‖b‖₁/‖a‖₁`` of each row of two attributions; NaN where either is 0."""
    ours, theirs = np.abs(a).sum(axis=1), np.abs(b).sum(axis=1)
    known = (ours > 0) & (theirs > 0)
    ratio = np.divide(theirs, ours, out=np.full(len(a), np.nan), where=known)
    return np.asarray(np.log(ratio, out=np.full(len(a), np.nan), where=known))


def scale_between(dense: Array, other: Array) -> Fit | None:
    """Fit ``other ≈ β dense + c``; None where the dense model outputs the same for all rows."""
    try:
        return fitted_scale(dense, other)
    except ValueError:
        return None


def change_rows(a: Array, b: Array, beta: float) -> Array:
    """Return ``‖b − β a‖₁ / ‖b‖₁`` of each row of two attributions; NaN where b is 0.

    What `b` holds beyond `a` rescaled: 0 for a mere change of temperature.
    """
    left, size = np.abs(b - beta * a).sum(axis=1), np.abs(b).sum(axis=1)
    return np.asarray(np.divide(left, size, out=np.full(len(a), np.nan), where=size > 0))


def output_scale_rows(a: Array, b: Array) -> Array:
    """Return one value for each row with mean ``log sd(b)/sd(a)`` and its sampling spread.

    `a`, `b` are explained outputs (n,). The influence of row i is half of
    ``(b_i − b̄)²/var(b) − (a_i − ā)²/var(a)``.
    """
    spread_a, spread_b = (a - a.mean()) ** 2, (b - b.mean()) ** 2
    if spread_a.mean() == 0 or spread_b.mean() == 0:
        return np.full(len(a), np.nan)
    log_ratio = (np.log(spread_b.mean()) - np.log(spread_a.mean())) / 2
    influence = (spread_b / spread_b.mean() - spread_a / spread_a.mean()) / 2
    return np.asarray(log_ratio + influence)
