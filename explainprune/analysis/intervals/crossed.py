"""The mean of values for each row under each of several backgrounds: rows and draws both vary."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from explainprune.analysis.intervals.bootstrap import bootstrap_mean
from explainprune.analysis.intervals.clusters import Units
from explainprune.analysis.intervals.shared import LEVEL
from explainprune.types import Array, Measure
from explainprune.types.metric import Bounds

ALIKE = 1e-16
"""Below this variance of the mean, values are equal up to rounding."""


@dataclass(frozen=True)
class Crossed:
    r"""A mean over rows and backgrounds, with both parts of its variance.

    .. math:: \bar p \pm t_\nu \sqrt{s^2_{rows}/n + s^2_{background}/R}, \qquad
              \nu = \frac{(A + C)^2}{A^2/(n - 1) + C^2/(R - 1)}

    with A and C the two summands. A row–background interaction is in both, which makes the
    interval slightly wider than need be. Where values are skewed over rows (a change on few of
    them), the end on that side lies further out, by Johnson's t (1978, doi:10.2307/2286597) in
    its monotone form (Hall 1992, doi:10.1111/j.2517-6161.1992.tb01876.x); none lies nearer.

    Attributes
    ----------
    value : float
    rows : float
        A, the variance of the mean from the choice of rows (or clusters).
    backgrounds : float
        C, from the choice of backgrounds; 0 for a single baseline.
    n_rows : int
        Units of inference: rows, or clusters.
    n_backgrounds : int
    skew : float
        Skewness of the mean's distribution, from that of rows: g/√n.
    seen : int
        Rows that were defined.
    unit : str
    """

    value: float
    rows: float
    backgrounds: float
    n_rows: int
    n_backgrounds: int
    skew: float = 0.0
    seen: int = 0
    unit: str = "rows"

    @property
    def variance(self) -> float:
        """Of the mean."""
        return self.rows + self.backgrounds

    def half_width(self, level: float = LEVEL) -> float:
        """Return half the width of the interval."""
        return half_width(
            self.rows, self.backgrounds, self.n_rows - 1, self.n_backgrounds - 1, level
        )

    def _ends(self, level: float) -> tuple[float, float]:
        """Return the interval's ends, before it is cut at the bounds."""
        half, error = self.half_width(level), math.sqrt(self.variance)
        if not half:
            return self.value, self.value
        skew = self.skew * (self.rows / self.variance) ** 1.5
        below, above = (_straightened(sign * half / error, skew) * error for sign in (1, -1))
        return self.value - max(half, below), self.value + max(half, -above)

    def measure(
        self, *, level: float = LEVEL, bounds: Bounds = (0.0, 1.0), certain: bool = False
    ) -> Measure:
        """Return the mean with its interval, cut at the bounds of what values can be.

        Values that are all alike say little of rows that were not seen: a share up to
        ``1 − 0.025^(1/n)`` of all may differ from every one of n. `certain`: none can.
        """
        if self.n_rows < 2 and not certain:
            note = f"no interval from a single one of {self.unit}"
            return Measure(self.value, None, self.seen, "samples", note)
        low, high = self._ends(level)
        note = f"interval over {self.n_rows:,} {self.unit}"
        note += f" and {self.n_backgrounds} backgrounds" if self.n_backgrounds > 1 else ""
        least, most = (
            end if end is not None else math.copysign(math.inf, s)
            for end, s in zip(bounds, (-1, 1), strict=True)
        )
        if self.rows < ALIKE and not certain:
            if math.isinf(least) or math.isinf(most):
                note = f"all {self.n_rows:,} values are equal: no interval without bounds"
                return Measure(self.value, None, self.seen, "samples", note)
            unseen = 1 - ((1 - level) / 2) ** (1 / self.n_rows)
            low = min(low, self.value - unseen * (self.value - least))
            high = max(high, self.value + unseen * (most - self.value))
            note = f"all {self.n_rows:,} values are equal: what unseen rows may hold"
        # Taking out the bias may leave an estimate just outside of what values can be.
        value = min(max(self.value, least), most)
        return Measure(value, (max(low, least), min(high, most)), self.seen, "samples", note)


def half_width(
    rows: float, backgrounds: float, df_rows: float, df_bg: float, level: float = LEVEL
) -> float:
    """Return t_ν √(A + C), ν by Satterthwaite."""
    from scipy.stats import t

    total = rows + backgrounds
    if total <= 0 or df_rows < 1:
        return 0.0
    against = rows**2 / df_rows + (backgrounds**2 / df_bg if df_bg > 0 else 0.0)
    return float(t.ppf((1 + level) / 2, total**2 / against) * np.sqrt(total))


def _skewness(values: Array) -> float:
    """Return the third central moment over s³, both unbiased; 0 for two values."""
    n = len(values)
    if n < 3:
        return 0.0
    off = values - values.mean()
    off = off / np.abs(off).max()
    return float((off**3).mean() / off.std(ddof=1) ** 3 * n * n / ((n - 1) * (n - 2)))


def _straightened(y: float, skew: float) -> float:
    """Return what a t statistic is whose skewness the transformation takes away."""
    if abs(skew) < 1e-9:
        return y
    return 3 / skew * (math.cbrt(1 + skew * (y - skew / 6)) - 1)


def crossed_mean(values: Array, units: Units) -> Crossed:
    """Average values (R, n) over backgrounds and rows; rows that are NaN are left out.

    R = 1 is a single baseline: backgrounds add nothing then.

    Raises
    ------
    ValueError
        If no row is defined.
    """
    known = ~np.isnan(values).any(axis=0)
    if not known.any():
        raise ValueError("No row is defined, so there is nothing to average.")
    values, units = values[:, known], units.take(np.flatnonzero(known))
    influences = units.influences(values.mean(axis=0))
    count, draws = len(influences), len(values)
    spread = float(influences.var(ddof=1)) if count > 1 else 0.0
    of_backgrounds = np.asarray(units.mean(values))
    clustered = count < len(units)
    return Crossed(
        value=float(of_backgrounds.mean()),
        rows=spread / count,
        backgrounds=float(of_backgrounds.var(ddof=1) / draws) if draws > 1 else 0.0,
        n_rows=count,
        n_backgrounds=draws,
        skew=_skewness(influences) / math.sqrt(count) if spread / count > ALIKE else 0.0,
        seen=len(units),
        unit=units.unit if clustered else "rows",
    )


def row_mean(
    values: Array,
    units: Units,
    *,
    seed: int,
    bounds: Bounds = (None, None),
    rare: bool = True,
    certain: bool = False,
) -> Measure:
    """Return the mean over rows: by bootstrap, or by clusters and weights where there are any."""
    if units.plain or np.isnan(values).all():
        return bootstrap_mean(values, seed=seed, bounds=bounds, rare=rare, certain=certain)
    return crossed_mean(values[None], units).measure(bounds=bounds, certain=certain)
