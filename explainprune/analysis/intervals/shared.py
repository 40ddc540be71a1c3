"""What intervals over samples and over seeds share: values that are undefined, or too few."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.types import Array, Measure
from explainprune.types.metric import Bounds

LEVEL = 0.95
TAIL = (1 - LEVEL) / 2


def defined(values: Any) -> tuple[Array, str]:
    """Leave out NaN, and say how many there were."""
    given: Array = np.asarray(values, dtype=np.float64)
    if given.ndim != 1:
        raise ValueError(f"Expected one value for each sample or seed. Received: {given.shape}.")
    kept = given[~np.isnan(given)]
    missing = len(given) - len(kept)
    return kept, f"; {missing:,} undefined left out" if missing else ""


def too_few(kept: Array, left_out: str, unit: str) -> Measure:
    """Return a measure without an interval, which says why."""
    if len(kept) == 0:
        return Measure(None, None, 0, unit, f"undefined for all {unit}{left_out}")
    note = f"no interval from a single one of {unit}{left_out}"
    return Measure(float(kept[0]), None, 1, unit, note)


def t_interval(values: Array) -> tuple[float, float]:
    """Return Student's interval of the mean of at least two values."""
    from scipy.stats import t

    half = t.ppf(1 - TAIL, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def mapped(measure: Measure, function: Callable[[float], float]) -> Measure:
    """Return `measure` with value and interval put through an increasing or decreasing function.

    >>> mapped(Measure(0.9, (0.8, 0.95), 10), lambda agreement: 1 - agreement).value.__round__(2)
    0.1
    """
    if measure.value is None:
        return measure
    ends = None
    if measure.interval is not None:
        low, high = sorted(float(function(end)) for end in measure.interval)
        ends = (low, high)
    return Measure(float(function(measure.value)), ends, measure.n, measure.unit, measure.note)


def cut(measure: Measure, bounds: Bounds) -> Measure:
    """Return `measure` with its interval cut where a value can't be.

    >>> cut(Measure(0.9, (0.8, 1.1), 10), (0.0, 1.0)).interval
    (0.8, 1.0)
    """
    if measure.interval is None:
        return measure
    low = -math.inf if bounds[0] is None else bounds[0]
    high = math.inf if bounds[1] is None else bounds[1]
    ends = max(measure.interval[0], low), min(measure.interval[1], high)
    return replace(measure, interval=ends)
