"""Where an interval lies relative to a margin, and how many more samples would settle it."""

from __future__ import annotations

import math
import re

from explainprune.analysis.intervals import Crossed, half_width
from explainprune.analysis.verdict.planning import further_seeds
from explainprune.analysis.verdict.planning import more_needed as further_rows
from explainprune.types import Measure

_ALIKE = re.compile(r"all ([\d,]+) values are equal")


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
    """Return how many more samples (or seeds) give a whole interval on one side of `margin`.

    With probability .9, as `planning.more_needed` has it. Of seeds at least 6 are needed. None
    where there is no interval, or no realistic number would do.
    """
    if measure.value is None or measure.low is None or measure.high is None or measure.n < 2:
        return None
    alike = _ALIKE.match(measure.note)
    if alike and scope == "pair":
        return _more_alike(measure, margin, int(alike[1].replace(",", "")))
    half = measure.high - measure.value if measure.value < margin else measure.value - measure.low
    error = half / (half_width(1.0, 0.0, measure.n - 1, 0))
    spread = Crossed(measure.value, error**2, 0.0, measure.n, 1)
    found = further_rows(spread, margin, 0.0, measure.n)
    if found is None:
        return None
    if scope == "procedure":
        return further_seeds(found.rows, measure.n)
    return max(found.rows, 0)


def _more_alike(measure: Measure, margin: float, units: int) -> int | None:
    """Return how many more samples, where all values are equal, leave too few unseen to matter.

    A share u of all may differ from every one of n with (1 − u)^n = 2.5 %: the interval narrows as
    1/n, not as its root.
    """
    assert measure.value is not None and measure.high is not None and measure.low is not None
    half = max(measure.high - measure.value, measure.value - measure.low)
    room = abs(margin - measure.value) / (half / (1 - 0.025 ** (1 / units)))
    if not 0 < room < 1:
        return None
    needed = math.ceil(math.log(0.025) / math.log(1 - room))
    return max(0, math.ceil((needed - units) * measure.n / units))
