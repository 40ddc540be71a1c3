"""The mean of values for each row under each of several backgrounds: rows and draws both vary."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from explainprune.analysis.intervals.bootstrap import bootstrap_mean
from explainprune.analysis.intervals.clusters import Units
from explainprune.analysis.intervals.shared import LEVEL, mapped
from explainprune.analysis.intervals.skewed import reaches, skewness
from explainprune.types import Array, Measure
from explainprune.types.metric import Bounds

ALIKE = 1e-16
"""Below this variance of the mean, values are equal up to rounding."""


@dataclass(frozen=True)
class Crossed:
    r"""A mean over rows and backgrounds, with both parts of its variance.

    .. math:: \bar p \pm t_\nu \sqrt{s^2_{rows}/n + s^2_{background}/R}, \qquad
              \nu = \frac{(A + C)^2}{A^2/\nu_{rows} + C^2/(R - 1)}

    with A and C the two summands. :math:`\nu_{rows}` is n − 1 where rows (or clusters) count alike;
    with shares p of the weight, A sums squared influences over 1 − p and :math:`\nu_{rows}` is
    :math:`(\sum p^2)^2 / \sum p^4 - 1` (Bell & McCaffrey 2002): a few heavy ones hide their own
    variance. A row–background interaction is in both, which makes the
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
    freedom : float, optional
        Degrees of freedom of `rows`; None: ``n_rows − 1``.
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
    freedom: float | None = None
    seen: int = 0
    unit: str = "rows"

    @property
    def df_rows(self) -> float:
        """Degrees of freedom of the part that comes from rows."""
        return self.n_rows - 1 if self.freedom is None else self.freedom

    @property
    def variance(self) -> float:
        """Of the mean."""
        return self.rows + self.backgrounds

    def half_width(self, level: float = LEVEL) -> float:
        """Return half the width of the interval."""
        return half_width(self.rows, self.backgrounds, self.df_rows, self.n_backgrounds - 1, level)

    def reach(self, level: float = LEVEL) -> tuple[float, float]:
        """Return how far the interval reaches below and above the mean, before it is cut."""
        half, error = self.half_width(level), math.sqrt(self.variance)
        if not half:
            return 0.0, 0.0
        low, high = reaches(half / error, self.skew * (self.rows / self.variance) ** 1.5)
        return low * error, high * error

    def grown(self, rows: int, draws: int) -> Crossed:
        """Return what a sample of so many rows and backgrounds would have, of the same spread."""
        more = rows / self.n_rows
        return replace(
            self,
            rows=self.rows / more,
            backgrounds=self.backgrounds * self.n_backgrounds / draws,
            n_rows=rows,
            n_backgrounds=draws,
            skew=self.skew / math.sqrt(more),
            freedom=(self.df_rows + 1) * more - 1,
        )

    def measure(
        self, *, level: float = LEVEL, bounds: Bounds = (0.0, 1.0), certain: bool = False
    ) -> Measure:
        """Return the mean with its interval, cut at the bounds of what values can be.

        Values that are all alike say little of rows that were not seen: a share up to
        ``1 − 0.025^(1/n)`` of all may differ from every one of n. `certain`: none can.
        """
        if self.df_rows < 1 and not certain:
            note = f"no interval from a single one of {self.unit}"
            if self.n_rows > 1:
                note = f"no interval: one of {self.n_rows:,} {self.unit} has nearly all the weight"
            return Measure(self.value, None, self.seen, "samples", note)
        below, above = self.reach(level)
        low, high = self.value - below, self.value + above
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
            # Heavy rows stand for fewer: as many as have the same degrees of freedom.
            unseen = 1 - ((1 - level) / 2) ** (1 / round(self.df_rows + 1, 6))
            low = min(low, self.value - unseen * (self.value - least))
            high = max(high, self.value + unseen * (most - self.value))
            note = f"all {self.n_rows:,} values are equal: what unseen rows may hold"
        # Taking out the bias may leave an estimate just outside of what values can be.
        value = min(max(self.value, least), most)
        ends = min(max(low, least), most), max(min(high, most), least)
        return Measure(value, ends, self.seen, "samples", note)


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


def crossed_mean(values: Array, units: Units) -> Crossed:
    """Average values (R, n) over backgrounds and rows; rows that are NaN are left out.

    R = 1 is a single baseline: backgrounds add nothing then.

    Raises
    ------
    ValueError
        If no row is defined.
    """
    known = ~np.isnan(values).any(axis=0) & (units.weights > 0)
    if not known.any():
        raise ValueError("No row is defined, so there is nothing to average.")
    values, units = values[:, known], units.take(np.flatnonzero(known))
    influences, shares = units.influences(values.mean(axis=0)), units.shares()
    count, draws = len(influences), len(values)
    of_rows = 0.0
    if count > 1:
        of_rows = float(((influences / count) ** 2 / np.maximum(1 - shares, ALIKE)).sum())
    of_backgrounds = np.asarray(units.mean(values))
    clustered = count < len(units)
    return Crossed(
        value=float(of_backgrounds.mean()),
        rows=of_rows,
        backgrounds=float(of_backgrounds.var(ddof=1) / draws) if draws > 1 else 0.0,
        n_rows=count,
        n_backgrounds=draws,
        skew=skewness(influences) / math.sqrt(count) if of_rows > ALIKE else 0.0,
        freedom=float((shares**2).sum() ** 2 / (shares**4).sum() - 1),
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
    # What counts as rounding is absolute, for shares: other figures are brought to that size.
    size = 1.0 if None not in bounds else float(np.nanmax(np.abs(values))) or 1.0
    low, high = (None if end is None else end / size for end in bounds)
    found = crossed_mean(values[None] / size, units).measure(bounds=(low, high), certain=certain)
    return found if size == 1.0 else mapped(found, lambda value: value * size)
