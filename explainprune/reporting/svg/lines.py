"""Lines with intervals over a numeric axis: one figure for each measure of a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.element import coordinate, element, join

WIDTH, HEIGHT = 340, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 20, 12, 42


@dataclass(frozen=True)
class Point:
    """One place of a series, with intervals along both axes where there are any."""

    x: float
    y: float
    y_interval: tuple[float, float] | None = None
    x_interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Series:
    """Points of one arm; `look` is its place in the page's list of colours and markers."""

    label: str
    look: str
    points: tuple[Point, ...]


def lines(
    series: Iterable[Series],
    x: Axis,
    y: Axis,
    *,
    x_title: str,
    label: str,
    reference: tuple[str, float] | None = None,
    diagonal: bool = False,
    at: float | None = None,
) -> Markup:
    """Draw every series with its intervals; the y axis is named by the figure's heading.

    Parameters
    ----------
    series : iterable of Series
    x, y : Axis
    x_title, label : str
        Title of the x axis; what a reader who can't see the figure is told.
    reference : (str, float), optional
        A value to compare with, drawn across, and its name.
    diagonal : bool
        Whether to draw where x and y are equal.
    at : float, optional
        A place on the x axis that is drawn as a line.
    """
    return element(
        "svg",
        *_frame(x, y, x_title),
        *(_reference(*reference, y) if reference else ()),
        *(_diagonal(x, y) if diagonal else ()),
        *([] if at is None else [_upright(across(x, at))]),
        *(_series(one, x, y) for one in series),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        class_="lines",
        role="img",
        aria_label=label,
    )


def across(axis: Axis, value: float) -> float:
    """Return the x coordinate of a value.

    >>> across(Axis(0.0, 1.0, ()), 0.0), across(Axis(0.0, 1.0, ()), 1.0)
    (48.0, 320.0)
    """
    return LEFT + (WIDTH - LEFT - RIGHT) * axis.place(value) / 100


def up(axis: Axis, value: float) -> float:
    """Return the y coordinate of a value; larger values lie higher.

    >>> up(Axis(0.0, 1.0, ()), 0.0), up(Axis(0.0, 1.0, ()), 1.0)
    (208.0, 12.0)
    """
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * axis.place(value) / 100


SHAPES = {
    "other": "m-4 0a4 4 0 108 0a4 4 0 10-8 0",
    "dense": "m-3.6-3.6h7.2v7.2h-7.2z",
    "mark0": "m0-4.6l4.4 8h-8.8z",
    "mark1": "m0-5l4.4 5-4.4 5-4.4-5z",
    "mark2": "m0 4.6l4.4-8h-8.8z",
}
"""A point's shape by look, drawn from where it lies: colour isn't needed to tell looks apart."""
CROSS = "m-4-4l8 8m0-8l-8 8"


def markers(look: str, places: Iterable[tuple[float, float]]) -> Markup:
    """Draw points in the shape that belongs to a look, as one path."""
    shape = SHAPES.get(look, CROSS)
    d = "".join(f"M{coordinate(x, 1)} {coordinate(y, 1)}{shape}" for x, y in places)
    return element("path", d=d, class_="marker")


def mark_of(look: str) -> Markup:
    """Draw the legend's sample of a look: a short line and its marker."""
    return element(
        "svg",
        element(
            "g",
            element("line", x1=0, x2=26, y1=7, y2=7, class_="series"),
            markers(look, [(13, 7)]),
            class_=look,
        ),
        viewBox="0 0 26 14",
        width=26,
        height=14,
        class_="lines key",
        aria_hidden="true",
    )


def _frame(x: Axis, y: Axis, x_title: str) -> Iterable[Markup]:
    floor, end = HEIGHT - BOTTOM, WIDTH - RIGHT
    lines_of = [f"M{LEFT} {coordinate(up(y, tick))}H{end}" for tick in y.ticks]
    lines_of += [f"M{coordinate(across(x, tick))} {floor}v4" for tick in x.ticks]
    yield element("path", d="".join(lines_of), class_="grid")
    for tick in y.ticks:
        yield element("text", y.label(tick), x=LEFT - 6, y=up(y, tick) + 4, text_anchor="end")
    for tick in x.ticks:
        at = across(x, tick)
        yield element("text", x.label(tick), x=at, y=floor + 17, text_anchor="middle")
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield element(
        "text", x_title, x=middle, y=HEIGHT - 5, text_anchor="middle", class_="axis-title"
    )


def _reference(label: str, value: float, y: Axis) -> Iterable[Markup]:
    at, end = up(y, value), WIDTH - RIGHT
    yield element("line", x1=LEFT, x2=end, y1=at, y2=at, class_="reference")
    above = at - 5 if at > TOP + 14 else at + 13
    yield element("text", label, x=end, y=above, text_anchor="end", class_="reference-name")


def _upright(at: float) -> Markup:
    return element("line", x1=at, x2=at, y1=TOP, y2=HEIGHT - BOTTOM, class_="reference")


def _diagonal(x: Axis, y: Axis) -> Iterable[Markup]:
    low, high = max(x.low, y.low), min(x.high, y.high)
    if low < high:
        ends = [(across(x, v), up(y, v)) for v in (low, high)]
        (x1, y1), (x2, y2) = ends
        yield element("line", x1=x1, x2=x2, y1=y1, y2=y2, class_="reference")


def _series(one: Series, x: Axis, y: Axis) -> Markup:
    places = [(across(x, point.x), up(y, point.y)) for point in one.points]
    parts = []
    if len(places) > 1:
        d = "M" + " ".join(f"{coordinate(a, 1)} {coordinate(b, 1)}" for a, b in places)
        parts.append(element("path", d=d, class_="series"))
    if spans := "".join(_spans(one, x, y)):
        parts.append(element("path", d=spans, class_="interval"))
    parts.append(markers(one.look, places))
    return element("g", join(parts), class_=one.look)


def _spans(one: Series, x: Axis, y: Axis) -> Iterator[str]:
    """Yield the path of each interval."""
    for point in one.points:
        at = coordinate(across(x, point.x)), coordinate(up(y, point.y))
        if point.y_interval is not None:
            low, high = (coordinate(up(y, end)) for end in point.y_interval)
            yield f"M{at[0]} {low}V{high}"
        if point.x_interval is not None:
            low, high = (coordinate(across(x, end)) for end in point.x_interval)
            yield f"M{low} {at[1]}H{high}"
