"""One row of a figure that is a table: dots or bars on an SVG that fills its cell, in per cent.

The drawing is stretched over its cell, 100 units each way, and no stroke is: grid lines and shading
of neighbouring rows meet, dots stay round (they are lines of no length with round ends), and text,
which a stretch would bend, is in the ruler alone. So figures read as well at 400 pixels as on
paper, and a row is a handful of elements.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.element import coordinate, element, share

MOST_LETTERS = 5
"""Letters of a label; the narrowest track has no room for four longer ones."""
_ARROW = 3.0, 14.0
"""Length and half the height of the arrow that stands for what lies outside."""


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
        *_across([axis.place(tick) for tick in axis.ticks], "grid"),
        *_across(_ends(axis, zone), "margin"),
        *drawn,
        viewBox="0 0 100 100",
        preserveAspectRatio="none",
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
        "svg", *parts, class_="ruler", width="100%", height=36 if named else 18, aria_hidden="true"
    )


def _text(text: str, x: float, y: float, kind: str | None = None) -> Markup:
    # Text at either end grows inwards, so that it stays inside its cell.
    anchor = "start" if x < 15 else "end" if x > 85 else "middle"
    return element("text", text, x=share(x), y=y, text_anchor=anchor, class_=kind)


def _across(places: Iterable[float], kind: str) -> list[Markup]:
    """Draw lines over the whole height of a row, as one path."""
    d = "".join(f"M{coordinate(place)} 0V100" for place in places)
    return [element("path", d=d, class_=kind)] if d else []


def _zone(axis: Axis, zone: Zone | None) -> list[Markup]:
    if zone is None:
        return []
    left, right = (coordinate(axis.place(end)) for end in (zone.low, zone.high))
    return [element("path", d=f"M{left} 0H{right}V100H{left}z", class_="zone")]


def _ends(axis: Axis, zone: Zone | None) -> list[float]:
    """Return each end of the zone that lies inside the axis: it gets a line."""
    ends = () if zone is None else (zone.low, zone.high)
    return [axis.place(end) for end in ends if axis.low < end < axis.high]


def _along(axis: Axis, ends: tuple[float, float], y: float) -> str:
    """Return the path from one value to another at a height."""
    low, high = (coordinate(axis.place(end)) for end in ends)
    return f"M{low} {coordinate(y)}H{high}"


@dataclass(frozen=True)
class Dot:
    """A value and its interval.

    Attributes
    ----------
    value : float
        Where it lies outside the axis, an arrow at that end stands for it.
    interval : (float, float) or None
    role : str
        ``"dense"``, ``"other"`` or ``"mark"``: its colour, and whether it is round.
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
    return [part for index, dot in enumerate(drawn) for part in _dot(axis, dot, step * (index + 1))]


def _dot(axis: Axis, dot: Dot, y: float) -> list[Markup]:
    kind = f"{dot.role}{' strong' if dot.strong else ''}"
    if not axis.low <= dot.value <= axis.high:
        return [element("path", d=_arrow(dot.value < axis.low, y), class_=f"off {kind}")]
    parts = []
    if dot.interval is not None:
        d = _along(axis, dot.interval, y)
        parts.append(element("path", d=d, class_=f"interval {kind}"))
    d = f"M{coordinate(axis.place(dot.value))} {coordinate(y)}h0"
    parts.append(element("path", d=d, class_=f"dot {kind}"))
    return parts


def _arrow(below: bool, y: float) -> str:
    (length, half), tip = _ARROW, 0.0 if below else 100.0
    back = coordinate(tip + length if below else tip - length)
    up, down = coordinate(y - half), coordinate(y + half)
    return f"M{coordinate(tip)} {coordinate(y)}L{back} {up}V{down}z"


@dataclass(frozen=True)
class Bar:
    """A bar from zero to `value`, with a whisker over its interval where there is one."""

    value: float
    role: str
    interval: tuple[float, float] | None = None


def bars(axis: Axis, *stacked: Bar, thick: int = 8, step: float = 33.0) -> list[Markup]:
    """Draw bars around the middle of a row.

    Parameters
    ----------
    axis : Axis
        Holds zero, which gets a line where values lie on both sides of it.
    *stacked : Bar
        From the top down.
    thick : int
        In pixels: 5, 6 or 8.
    step : float
        From bar to bar, in per cent of the row's height.
    """
    top = 50 - step * (len(stacked) - 1) / 2
    places = [(bar, top + step * index) for index, bar in enumerate(stacked)]
    drawn = [
        element("path", d=_along(axis, (0.0, bar.value), y), class_=f"bar b{thick} {bar.role}")
        for bar, y in places
    ]
    whiskers = "".join(_along(axis, bar.interval, y) for bar, y in places if bar.interval)
    if whiskers:
        drawn.append(element("path", d=whiskers, class_="whisker"))
    return [*drawn, *_across([axis.place(0.0)] if axis.low < 0 else [], "zero")]
