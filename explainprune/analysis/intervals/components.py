"""Components of variance: sums and differences of mean squares, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from explainprune.analysis.intervals.shared import TAIL
from explainprune.types import Measure


@dataclass(frozen=True)
class MeanSquare:
    """An estimate of a variance.

    Attributes
    ----------
    value : float
    freedom : float
        Its degrees of freedom; infinite for what counts as known.
    """

    value: float
    freedom: float = math.inf


def deviation(terms: Iterable[tuple[float, MeanSquare]], n: int, unit: str = "seeds") -> Measure:
    r"""Return the standard deviation of a component, :math:`\sqrt{\sum_q c_q S^2_q}`.

    The interval of the variance reaches from the estimate by the root of the summed squares of how
    far each mean square's own chi-square interval reaches (a lower end where it is added counts
    against the lower end of the sum, an upper end where it is taken off): exact for a single one,
    the modified large-sample interval else (Graybill & Wang 1980, JASA 75:869; for differences Ting
    et al. 1990, J. Stat. Comput. Simul. 35:135, here without cross terms). An estimate below 0, as
    differences may come to where a component is small, counts as 0.

    Parameters
    ----------
    terms : iterable of (float, MeanSquare)
        Coefficients and mean squares, independent of each other.
    n, unit
        What the measure counts.

    Examples
    --------
    >>> found = deviation([(1.0, MeanSquare(4.0, 7))], 8)
    >>> found.value, [round(end, 3) for end in found.interval]
    (2.0, [1.322, 4.071])
    """
    parts = [(c * each.value, *_reaches(c, each.freedom)) for c, each in terms]
    value = sum(part for part, _, _ in parts)
    low, high = (
        value + sign * math.sqrt(sum((part * reach[place]) ** 2 for part, *reach in parts))
        for place, sign in enumerate((-1, 1))
    )
    ends = _root(low), _root(high)
    note = f"chi-square interval, for normal differences between {unit}"
    if value < 0:
        note += "; the estimate of the variance is below 0"
    return Measure(_root(value), ends, n, unit, note)


def _reaches(coefficient: float, freedom: float) -> tuple[float, float]:
    """Return how far the ends of a term's interval lie below and above it, relative to it."""
    if math.isinf(freedom):
        return 0.0, 0.0
    from scipy.stats import chi2

    below = 1 - freedom / float(chi2.ppf(1 - TAIL, freedom))
    above = freedom / float(chi2.ppf(TAIL, freedom)) - 1
    return (below, above) if coefficient > 0 else (above, below)


def _root(variance: float) -> float:
    return math.sqrt(max(variance, 0.0))
