"""Where an interval lies relative to a margin, and how many more samples would settle it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from explainprune.types import Measure

FEWEST_SEEDS = 6
"""Below so many seeds a verdict on a procedure is an illustration."""
_MOST = 10_000_000


def within(measure: Measure, margin: float) -> bool | None:
    """Say whether a figure is at most `margin`: True, False, or None while its interval is open.

    >>> within(Measure(0.02, (0.01, 0.03), 9), 0.05), within(Measure(0.05, (0.01, 0.09), 9), 0.05)
    (True, None)
    """
    if measure.low is None or measure.high is None:
        return None
    if measure.high <= margin:
        return True
    return False if measure.low > margin else None


def more_needed(measure: Measure, margin: float, scope: str) -> int | None:
    """Return how many more samples (or seeds) would move the whole interval past `margin`.

    The interval narrows with 1/√n; over seeds with t(n − 1)/√n, and at least 6 are needed. None
    where the figure lies on the margin, there is no interval, or no realistic number would do.
    """
    if measure.value is None or measure.low is None or measure.high is None or measure.n < 2:
        return None
    gap = abs(measure.value - margin)
    half = measure.high - measure.value if measure.value < margin else measure.value - measure.low
    least = FEWEST_SEEDS if scope == "procedure" else 1
    if half < gap:
        return max(least - measure.n, 0)
    if gap == 0:
        return None
    n = _first(measure.n, half / gap, _seed_width if scope == "procedure" else _row_width)
    return None if n is None else max(n, least) - measure.n


def fewest(numbers: Iterable[int | None]) -> int | None:
    """Return the smallest of those numbers that are known, None if none is."""
    known = [number for number in numbers if number is not None]
    return min(known) if known else None


def _row_width(n: int) -> float:
    return 1 / math.sqrt(n)


def _seed_width(n: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, n - 1)) / math.sqrt(n)


def _first(n: int, ratio: float, width: Callable[[int], float]) -> int | None:
    """Return the first number above n at which the interval has shrunk by more than `ratio`."""
    low, high = n, n + 1
    while width(n) <= ratio * width(high):
        low, high = high, 2 * high
        if high > _MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if width(n) <= ratio * width(middle):
            low = middle
        else:
            high = middle
    return high
