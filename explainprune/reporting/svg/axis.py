"""A numeric axis: its ends, its ticks, and where a value lies on it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from explainprune.reporting.formatting import number


@dataclass(frozen=True)
class Axis:
    """A linear axis from `low` to `high`.

    Attributes
    ----------
    low, high : float
    ticks : tuple of float
    kind : str
        How its numbers are written: see `formatting.KINDS`.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    kind: str = "plain"

    def place(self, value: float) -> float:
        """Return where `value` lies, in per cent from `low` to `high`; outside is cut off.

        >>> Axis(0, 0.25, (0, 0.25)).place(0.05)
        20.0
        """
        share = (value - self.low) / (self.high - self.low)
        return 100.0 * min(1.0, max(0.0, share))

    def label(self, tick: float) -> str:
        r"""Write one tick's number, with no more decimals than it needs.

        >>> Axis(0, 1, (), "share").label(0.025), Axis(0, 1, ()).label(0.5)
        ('2.5\xa0%', '0.5')
        """
        if self.kind == "share":
            return f"{_trimmed(100 * tick)}\u00a0%"
        if tick and not 1e-4 <= abs(tick) < 1e5:
            return number(tick, "count" if abs(tick) >= 1e5 else "plain")
        return _trimmed(float(f"{tick:.4g}"))


def axis_for(
    values: Iterable[float], *, kind: str = "plain", include: tuple[float, ...] = (), most: int = 5
) -> Axis:
    """Build an axis with round ends that holds all `values`, and those it must `include`.

    Parameters
    ----------
    values : iterable of float
    kind : str
    include : tuple of float
    most : int
        Most steps between ticks, which lie 1, 2 or 5 × a power of ten apart.

    Examples
    --------
    >>> axis_for([0.063, 0.11], kind="share", include=(0.0,)).ticks
    (0.0, 0.05, 0.1, 0.15)
    """
    numbers = [*values, *include]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    size = max(abs(low), abs(high))
    if high - low <= 1e-12 * size or size < 1e-100:
        room = 0.5 * size if size >= 1e-100 else 0.5
        low, high = low - room, high + room
    step = _step(high - low, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(float(f"{index * step:.12g}") for index in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, kind)


def _step(span: float, most: int) -> float:
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * (1 - 1e-9))


def _trimmed(value: float) -> str:
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")
