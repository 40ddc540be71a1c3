"""One row of a figure that is a table: dots or bars on an SVG that fills its cell, in per cent.

Nothing is scaled: a track is as wide and as high as its cell, text stays as large as the page's,
and grid lines and shading of neighbouring rows meet. So figures read as well at 400 pixels as on
paper.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.element import element, share

MOST_LETTERS = 5
"""Letters of a label; the narrowest track has no room for four longer ones."""


@dataclass(frozen=True)
class Zone:
    """A stretch of an axis that means something, such as "within the margin"; `label` names it."""

    low: float
    high: float
    label: str = ""


def track(axis: Axis, *drawn: Markup, zone: Zone | None = None) -> Markup:
    """Put `drawn` on a row with the axis' grid and, behind everything, the zone."""
    return element(
        "svg",
        *_zone(axis, zone),
        *(_line(axis.place(tick), "grid") for tick in axis.ticks),
        *_ends(axis, zone),
        *drawn,
        class_="track",
        aria_hidden="true",
    )


def ruler(axis: Axis, zone: Zone | None = None) -> Markup:
    """Draw the tick labels of an axis, and above them the zone's name at its upper end.

    Of five labels or more every second is of class ``odd``: hidden where there is little room. Of
    long ones every second is left out, since no track has room for them.
    """
    crowded = len(axis.ticks) > 4
    long = max(len(axis.label(tick)) for tick in axis.ticks) > MOST_LETTERS
    every = 2 if long and len(axis.ticks) > 3 else 1
    named = zone is not None and bool(zone.label)
    floor = 30 if named else 13
    parts = [
        _text(axis.label(tick), axis.place(tick), floor, "odd" if crowded and index % 2 else None)
        for index, tick in enumerate(axis.ticks)
        if index % every == 0
    ]
    if zone is not None and named:
        parts.append(_text(zone.label, axis.place(zone.high), 12, "named"))
    return element(
        "svg",
        *parts,
        class_="ruler",
        width="100%",
        height=36 if named else 18,
        aria_hidden="true",
    )


def _text(text: str, x: float, y: float, kind: str | None = None) -> Markup:
    # Text at either end grows inwards, so that it stays inside its cell.
    anchor = "start" if x < 15 else "end" if x > 85 else "middle"
    return element("text", text, x=share(x), y=y, text_anchor=anchor, class_=kind)


def _line(x: float, kind: str) -> Markup:
    return element("line", x1=share(x), x2=share(x), y2="100%", class_=kind)


def _zone(axis: Axis, zone: Zone | None) -> list[Markup]:
    if zone is None:
        return []
    left, right = axis.place(zone.low), axis.place(zone.high)
    width = share(right - left)
    return [element("rect", x=share(left), width=width, height="100%", class_="zone")]


def _ends(axis: Axis, zone: Zone | None) -> list[Markup]:
    """Draw a line at each end of the zone that lies inside the axis."""
    ends = () if zone is None else (zone.low, zone.high)
    return [_line(axis.place(end), "margin") for end in ends if axis.low < end < axis.high]


@dataclass(frozen=True)
class Dot:
    """A value and its interval.

    Attributes
    ----------
    value : float
        Where it lies outside the axis, an arrow at that end stands for it.
    interval : (float, float) or None
    role : str
        ``"dense"``, ``"other"`` or ``"mark"``: its colour.
    strong : bool
        Drawn heavier: what the verdict rests on.
    """

    value: float
    interval: tuple[float, float] | None = None
    role: str = "mark"
    strong: bool = False


def dots(axis: Axis, *drawn: Dot) -> list[Markup]:
    """Draw dots from the top down, at equal distances, so that none hides another."""
    step = 100 / (len(drawn) + 1)
    return [_dot(axis, dot, share(step * (index + 1))) for index, dot in enumerate(drawn)]


def _dot(axis: Axis, dot: Dot, y: str) -> Markup:
    kind = f"dot {dot.role}{' strong' if dot.strong else ''}"
    if not axis.low <= dot.value <= axis.high:
        return _arrow(axis, dot, y, kind)
    parts = []
    if dot.interval is not None:
        low, high = (share(axis.place(end)) for end in dot.interval)
        parts.append(element("line", x1=low, x2=high, y1=y, y2=y, class_="interval"))
    center = share(axis.place(dot.value))
    parts.append(element("circle", cx=center, cy=y, r=5.5 if dot.strong else 4))
    return element("g", *parts, class_=kind)


def _arrow(axis: Axis, dot: Dot, y: str, kind: str) -> Markup:
    below = dot.value < axis.low
    shape = "M0 0l8-5v10z" if below else "M0 0l-8-5v10z"
    place = share(0.0 if below else 100.0)
    arrow = element("path", d=shape, class_="off")
    return element("g", element("svg", arrow, x=place, y=y, class_="at"), class_=kind)


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
