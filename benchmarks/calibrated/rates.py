"""How often something happened, with an interval; and which of many rates are too high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NOMINAL = 0.025
"""Each of the two wrong labels, at the margin."""


@dataclass(frozen=True)
class Rate:
    """So many of so many runs, with Wilson's 95 % interval (Wilson 1927)."""

    count: int
    runs: int

    @property
    def value(self) -> float:
        return self.count / max(self.runs, 1)

    @property
    def interval(self) -> tuple[float, float]:
        z = 1.959964
        centre = (self.count + z**2 / 2) / (self.runs + z**2)
        share = self.value * (1 - self.value) * self.runs + z**2 / 4
        half = z * share**0.5 / (self.runs + z**2)
        return max(0.0, centre - half), min(1.0, centre + half)

    def above(self, nominal: float = NOMINAL) -> float:
        """Return the chance of as many or more, were the rate `nominal` (binomial)."""
        from scipy.stats import binom

        return float(binom.sf(self.count - 1, self.runs, nominal))

    def __str__(self) -> str:
        if not self.runs:
            return "–"
        low, high = self.interval
        return f"{100 * self.value:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def pooled(rates: Sequence[Rate]) -> Rate:
    """Add up the runs of several cells."""
    return Rate(sum(rate.count for rate in rates), sum(rate.runs for rate in rates))


def too_high(rates: Sequence[Rate], nominal: float = NOMINAL, level: float = 0.025) -> list[int]:
    """Return which rates lie above `nominal`, whatever their number (Holm 1979)."""
    chances = [rate.above(nominal) for rate in rates]
    order = sorted(range(len(rates)), key=chances.__getitem__)
    found: list[int] = []
    for place, index in enumerate(order):
        if chances[index] > level / (len(rates) - place):
            break
        found.append(index)
    return sorted(found)
