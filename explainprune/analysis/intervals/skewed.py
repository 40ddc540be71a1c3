"""Intervals of a mean over few units that may be skewed: seeds, copies."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from explainprune.analysis.intervals.shared import TAIL, cut, defined, mapped, too_few
from explainprune.types import Array, Measure, Metric
from explainprune.types.metric import Bounds

ROUNDING = 1e-9
"""Units that differ by no more, relative to the largest, gave the same."""
WORST_SEEN = {6: 0.077, 8: 0.070, 12: 0.060, 16: 0.054, 20: 0.049, 30: 0.043, 50: 0.037, 100: 0.031}
"""By units: how often the whole interval lay below the mean (nominal .025) in the worst of shares
whose log odds are normal with standard deviation 1 and whose mean is .05 to .2."""


def skewed_mean(
    values: Iterable[float], *, bounds: Bounds = (None, None), unit: str = "seeds"
) -> Measure:
    """Return the mean of `values` with a t interval that allows for their skewness.

    Johnson's t (1978, doi:10.2307/2286597) adds terms in the skewness g to Student's; they are
    inverted in their monotone form (Hall 1992, doi:10.1111/j.2517-6161.1992.tb01876.x): with
    ``h(y) = 3√n/g · ((1 + g(y − g/(6√n))/√n)^⅓ − 1)`` the ends are ``mean − s/√n · h(±t)``,
    t of n − 1 degrees, s with n − 1, g from unbiased moments. Skewness that so few units show by
    chance never narrows the interval: it reaches as far as Student's on both sides.

    Parameters
    ----------
    values : iterable of float
        One for each unit. NaN is left out and counted in the note.
    bounds : (float or None, float or None)
        What the mean can be; the interval is cut there.
    unit : str
        What the values count.

    Returns
    -------
    Measure
        Without an interval where all units give the same, or there are fewer than two.

    Examples
    --------
    >>> low, high = skewed_mean([0.03, 0.04, 0.05, 0.04, 0.03, 0.11]).interval
    >>> round(low, 3), round(high, 3)
    (0.018, 0.14)
    """
    kept, left_out = defined(list(values))
    n = len(kept)
    if n < 2:
        return too_few(kept, left_out, unit)
    mean = float(kept.mean())
    if np.ptp(kept) <= ROUNDING * np.abs(kept).max():
        reason = f"all {n} {unit} gave the same, which doesn't tell how much {unit} differ"
        return Measure(float(kept[0]), None, n, unit, reason + left_out)
    note = f"Johnson's t interval over {n} {unit}{left_out}"
    return cut(Measure(mean, _ends(kept), n, unit, note), bounds)


def over_units(said: Metric, values: Iterable[float | None]) -> Measure:
    """Return the mean over seeds with its interval, which is that of the mean that is printed.

    A ratio's mean is geometric; an interval ends where the figure's values do.
    """
    known = [math.nan if value is None else value for value in values]
    if said.kind == "ratio" and all(value > 0 for value in known if not math.isnan(value)):
        return mapped(skewed_mean([math.log(value) for value in known]), math.exp)
    return skewed_mean(known, bounds=said.bounds)


def error_of(n: int) -> float:
    """Return what skewness makes of the nominal .025 for `n` units, in the worst case seen.

    >>> error_of(6), error_of(13)
    (0.077, 0.06)
    """
    return next((WORST_SEEN[each] for each in sorted(WORST_SEEN, reverse=True) if each <= n), 1.0)


def _ends(values: Array) -> tuple[float, float]:
    from scipy.stats import t as student

    n, mean = len(values), float(values.mean())
    step = float(values.std(ddof=1)) / math.sqrt(n)
    t = float(student.ppf(1 - TAIL, n - 1))
    low, high = reaches(t, skewness(values) / math.sqrt(n))
    return mean - low * step, mean + high * step


def reaches(t: float, skew: float) -> tuple[float, float]:
    """Return how many standard errors the ends lie below and above a mean.

    Neither is below `t`; `skew` is the skewness of the mean's distribution, g/√n.
    """
    return max(t, _straightened(t, skew)), max(t, -_straightened(-t, skew))


def skewness(values: Array) -> float:
    """Return the third central moment over s³, both unbiased; 0 for two values."""
    n = len(values)
    if n < 3:
        return 0.0
    off = values - values.mean()
    off = off / np.abs(off).max()
    return float((off**3).mean() / off.std(ddof=1) ** 3 * n * n / ((n - 1) * (n - 2)))


def _straightened(y: float, skew: float) -> float:
    """Return h(y): what a t statistic is whose skewness the transformation takes away."""
    if abs(skew) < 1e-7:
        return y
    return 3 / skew * (math.cbrt(1 + skew * (y - skew / 6)) - 1)
