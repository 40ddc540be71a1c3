"""Intervals over samples: the BCa bootstrap of a mean."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from explainprune.analysis.intervals.shared import TAIL, defined, too_few
from explainprune.types import Array, Measure
from explainprune.types.metric import Bounds

ROUNDING = 1e-6
"""Values are equal that differ by no more of their bounds' span, or else of the largest."""
LARGE = 1000
"""From so many samples on, the BCa interval of a mean is had in closed form."""
_BLOCK = 2**22  # resampled values held at once: 32 MB


def bootstrap_mean(
    values: Any,
    *,
    seed: int = 0,
    draws: int = 2000,
    bounds: Bounds | None = None,
    rare: bool = True,
    certain: bool = False,
) -> Measure:
    """Return the mean of `values` with an interval over samples.

    BCa bootstrap (Efron 1987, doi:10.2307/2289144); from 1,000 values on its expansion,
    ``mean + sd/√n (z + γ(2z² + 1)/(6√n))`` with the skewness γ (Hall 1988,
    doi:10.1214/aos/1176350933). Where `bounds` say what a value can be at all, the interval is
    never narrower than what unseen rows allow: a share up to ``u = 1 − 0.025^(1/n)`` of all rows
    may differ from every one of the n that were seen, so that the mean may be ``u·(high − mean)``
    higher. Equal values without bounds don't tell how far others may lie: no interval.

    Parameters
    ----------
    values : array_like (n,)
        One for each sample. NaN is undefined: left out and counted in the note.
    seed : int
    draws : int
        Bootstrap samples.
    bounds : (float or None, float or None), optional
        Least and largest possible value; None: unknown.
    rare : bool
        Whether values that weren't seen may be rare: then `bounds` widen the interval also where
        values differ. Else only where all are equal.
    certain : bool
        Whether no further value can differ from equal ones: then the interval has no width.

    Returns
    -------
    Measure
        Without an interval for fewer than two values, or equal ones without bounds; without a
        value for none.

    Examples
    --------
    >>> bootstrap_mean([0.0, 1.0] * 50).interval
    (0.41, 0.6)
    >>> bootstrap_mean([1.0] * 100, bounds=(0.0, 1.0)).low.__round__(3)
    0.964
    """
    kept, left_out = defined(values)
    n = len(kept)
    if n < 2:
        return too_few(kept, left_out, "samples")
    mean = float(kept.mean())
    if np.ptp(kept) <= ROUNDING * _span(kept, bounds):
        mean = float(kept[0]) if np.ptp(kept) == 0 else mean
        return _equal(mean, n, left_out, bounds, certain)
    if n >= LARGE:
        low, high = _expansion(kept)
        how = f"BCa interval over {n:,} samples"
    else:
        low, high = _bca(kept, seed, draws)
        how = f"bootstrap over {n:,} samples"
    if bounds is not None and not certain:
        low, high = _widened(low, high, mean, n, bounds, rare)
    return Measure(mean, (low, high), n, "samples", how + left_out)


def _span(values: Array, bounds: Bounds | None) -> float:
    if bounds is None or bounds[0] is None or bounds[1] is None:
        return float(np.abs(values).max())
    return bounds[1] - bounds[0]


def _equal(value: float, n: int, left_out: str, bounds: Bounds | None, certain: bool) -> Measure:
    """Say what equal values tell: nothing of how far others may lie, unless bounds do."""
    note = f"all {n:,} values are equal{left_out}"
    if certain:
        return Measure(value, (value, value), n, "samples", note)
    if bounds is None or None in bounds:
        note += ": how far others may lie isn't known"
        return Measure(value, None, n, "samples", note)
    return Measure(value, _widened(value, value, value, n, bounds, rare=True), n, "samples", note)


def _widened(
    low: float, high: float, mean: float, n: int, bounds: Bounds, rare: bool
) -> tuple[float, float]:
    """Cut an interval at the bounds, and widen it by what unseen values may hold."""
    unseen = 1 - TAIL ** (1 / n) if rare else 0.0
    if bounds[0] is not None:
        low = max(bounds[0], min(low, mean - unseen * (mean - bounds[0])))
    if bounds[1] is not None:
        high = min(bounds[1], max(high, mean + unseen * (bounds[1] - mean)))
    return low, high


def _bca(values: Array, seed: int, draws: int) -> tuple[float, float]:
    """Bias-corrected and accelerated interval of the mean; the acceleration is in closed form."""
    from scipy.stats import norm

    means = _resampled_means(values, seed, draws)
    below = (means < values.mean()).mean() + (means == values.mean()).mean() / 2
    bias = norm.ppf(np.clip(below, 1 / draws, 1 - 1 / draws))
    acceleration = _skewness(values) / (6 * np.sqrt(len(values)))
    shifted = bias + norm.ppf([TAIL, 1 - TAIL])
    low, high = np.quantile(means, norm.cdf(bias + shifted / (1 - acceleration * shifted)))
    return float(low), float(high)


def _expansion(values: Array) -> tuple[float, float]:
    """Return the BCa interval up to terms of order 1/n, without resampling."""
    from scipy.stats import norm

    z = norm.ppf([TAIL, 1 - TAIL])
    root = np.sqrt(len(values))
    moved = z + _skewness(values) * (2 * z**2 + 1) / (6 * root)
    low, high = values.mean() + values.std(ddof=1) / root * moved
    return float(low), float(high)


def _skewness(values: Array) -> float:
    off = values - values.mean()
    off = off / np.abs(off).max()
    return float((off**3).mean() / (off**2).mean() ** 1.5)


def _resampled_means(values: Array, seed: int, draws: int) -> Array:
    n = len(values)
    if n * draws <= _BLOCK:
        return np.asarray(values[_picked(n, seed, draws)].mean(axis=1))
    rng = np.random.default_rng(seed)
    block = max(1, _BLOCK // n)
    parts = [
        values[rng.integers(0, n, (min(block, draws - start), n))].mean(axis=1)
        for start in range(0, draws, block)
    ]
    return np.concatenate(parts)


@lru_cache(maxsize=2)
def _picked(n: int, seed: int, draws: int) -> Array:
    """Draw rows with replacement: (draws, n). Many metrics of the same rows share them."""
    return np.random.default_rng(seed).integers(0, n, (draws, n))
