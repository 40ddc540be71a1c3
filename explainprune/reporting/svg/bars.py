"""Bars from zero, one below the other, on a track."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.element import element, share


@dataclass(frozen=True)
class Bar:
    """A bar from zero to `value`, with a whisker over its interval where there is one."""

    value: float
    role: str
    interval: tuple[float, float] | None = None


def bars(axis: Axis, *stacked: Bar, thick: float = 8, gap: float = 1.5) -> list[Markup]:
    """Draw bars around the middle of a row.

    Parameters
    ----------
    axis : Axis
        Holds zero.
    *stacked : Bar
        From the top down.
    thick, gap : float
        In pixels.
    """
    top = -(len(stacked) * (thick + gap) - gap) / 2
    zero = share(axis.place(0.0))
    drawn: list[Markup] = []
    for index, bar in enumerate(stacked):
        drawn += _bar(axis, bar, top + index * (thick + gap), thick)
    return [
        element("svg", *drawn, y="50%", class_="at"),
        element("line", x1=zero, x2=zero, y2="100%", class_="zero"),
    ]


def _bar(axis: Axis, bar: Bar, y: float, thick: float) -> list[Markup]:
    left, right = sorted((axis.place(0.0), axis.place(bar.value)))
    x, width = share(left), share(right - left)
    parts = [element("rect", x=x, y=y, width=width, height=thick, class_=f"bar {bar.role}")]
    if bar.interval is not None:
        low, high = (share(axis.place(end)) for end in bar.interval)
        middle = y + thick / 2
        parts.append(element("line", x1=low, x2=high, y1=middle, y2=middle, class_="whisker"))
    return parts
