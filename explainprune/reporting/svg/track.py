"""One row of a figure that is a table: an SVG that fills its cell, positions in per cent.

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
