"""The interval of a quotient, from those of its two parts."""

from __future__ import annotations

import math

Interval = tuple[float, float]


def quotient(
    part: float, part_interval: Interval, whole: float, whole_interval: Interval
) -> tuple[float, Interval] | None:
    r"""Return ``part / whole`` with an interval, the two taken as independent.

    Fieller's theorem with each side's own half width (MOVER-R: Donner & Zou 2012,
    doi:10.1177/0962280210383082), so that skewed intervals are used as they are:

    .. math:: \frac{pw \mp \sqrt{a^2 w^2 + b^2 p^2 - a^2 b^2}}{w^2 - b^2}

    with a how far the part's interval reaches below (above) p, and b how far the whole's reaches
    above (below) w.

    Returns
    -------
    (float, (float, float)) or None
        None where the whole's interval reaches 0: the quotient has no bound then.

    Examples
    --------
    >>> quotient(1.0, (0.5, 1.5), 2.0, (2.0, 2.0))
    (0.5, (0.25, 0.75))
    >>> quotient(1.0, (0.5, 1.5), 2.0, (-0.1, 4.1)) is None
    True
    """
    low, high = whole - whole_interval[0], whole_interval[1] - whole
    if whole <= 0 or low >= whole or high >= whole:
        return None
    ends = []
    for sign, a, b in ((-1, part - part_interval[0], high), (1, part_interval[1] - part, low)):
        root = math.sqrt(max(0.0, (a * whole) ** 2 + (b * part) ** 2 - (a * b) ** 2))
        ends.append((part * whole + sign * root) / (whole**2 - b**2))
    return part / whole, (ends[0], ends[1])
