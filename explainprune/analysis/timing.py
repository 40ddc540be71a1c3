"""How long work takes, from a small part of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

ENOUGH = 0.4
"""Seconds that a part takes which is believed."""
GROWTH = 4


@dataclass(frozen=True)
class Pace:
    """What a part of some work took.

    Attributes
    ----------
    first : float
        Seconds of the first call beyond those of a later one: tracing and compiling.
    fixed : float
        Seconds of a call, whatever its size.
    each : float
        Seconds for each unit of work.
    """

    first: float
    fixed: float
    each: float

    def seconds(self, units: float) -> float:
        """Return what a call for so many units takes, the first one's extra included."""
        return self.first + self.fixed + units * self.each


def pace(run: Callable[[int], object], most: int, *, begin: int = 2) -> Pace:
    """Time ``run(units)`` for more and more units, until a call takes long enough to be believed.

    Parameters
    ----------
    run : callable
        Does the work for so many units.
    most : int
        All units there are.
    begin : int
        Units of the first call.
    """
    size = min(begin, most)
    first = _timed(run, size)
    taken = {size: _timed(run, size)}
    extra = max(0.0, first - taken[size])
    while size < most and taken[size] < ENOUGH:
        size = min(most, GROWTH * size)
        # The first call of another size may be compiled for it.
        taken[size] = min(_timed(run, size) for _ in range(2))
    (small, before), (large, after) = (list(taken.items()) * 2)[-2:]
    if large == small:
        return Pace(extra, 0.0, after / max(1, large))
    each = max(0.0, after - before) / (large - small)
    return Pace(extra, max(0.0, after - large * each), each)


def _timed(run: Callable[[int], object], size: int) -> float:
    begin = time.perf_counter()
    run(size)
    return time.perf_counter() - begin
