"""What a sample could have told apart: chances of each label, one on top of the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from explainprune.reporting.svg.axis import Axis, axis_for
from explainprune.reporting.svg.element import coordinate, element
from explainprune.types import Power

WIDTH, HEIGHT = 440, 210
LEFT, RIGHT, TOP, BOTTOM = 52, 22, 24, 42
_CHANCE = Axis(0.0, 1.0, (0.0, 0.5, 1.0), "share")


def power_figure(power: Sequence[Power], margin: float, *, margin_name: str) -> Markup:
    """Draw the chance of *preserved* from below and of *changed* from above, over the truth.

    Between both lies the chance of *inconclusive*. Points are joined by straight lines.

    Parameters
    ----------
    power : sequence of Power
        By rising truth.
    margin : float
        Drawn as a line across.
    margin_name : str
        What to write on it.
    """
    axis = axis_for([point.true for point in power], kind="share", include=(0.0, margin), most=4)
    held = [(_x(axis, p.true), _y(p.preserved)) for p in power]
    moved = [(_x(axis, p.true), _y(1 - p.changed)) for p in power]
    return element(
        "svg",
        element("path", d=_area(held, _y(0.0)), class_="chance preserved"),
        element("path", d=_area(moved, _y(1.0)), class_="chance changed"),
        *_frame(axis),
        *_margin(axis, margin, margin_name),
        element("path", d=_line(held), class_="curve preserved"),
        element("path", d=_line(moved), class_="curve changed"),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        class_="lines power",
        role="img",
        aria_label="Chance of each label by the true moved weight; the table below has the numbers",
    )


def _x(axis: Axis, value: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * axis.place(value) / 100


def _y(chance: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * chance


def _line(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " ".join(f"{coordinate(a, 1)} {coordinate(b, 1)}" for a, b in points)


def _area(points: Sequence[tuple[float, float]], ground: float) -> str:
    return _line([(points[0][0], ground), *points, (points[-1][0], ground)]) + "z"


def _frame(axis: Axis) -> Iterable[Markup]:
    for tick in _CHANCE.ticks:
        at = _y(tick)
        yield element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=at, y2=at, class_="grid")
        yield element("text", _CHANCE.label(tick), x=LEFT - 6, y=at + 4, text_anchor="end")
    floor = HEIGHT - BOTTOM
    for tick in axis.ticks:
        at = _x(axis, tick)
        yield element("line", x1=at, x2=at, y1=floor, y2=floor + 4, class_="grid")
        yield element("text", axis.label(tick), x=at, y=floor + 17, text_anchor="middle")
    middle, text = (LEFT + WIDTH - RIGHT) / 2, "if in truth so much of the weight moved"
    yield element("text", text, x=middle, y=HEIGHT - 5, text_anchor="middle", class_="axis-title")


def _margin(axis: Axis, margin: float, name: str) -> Iterable[Markup]:
    at = _x(axis, margin)
    yield element("line", x1=at, x2=at, y1=TOP - 6, y2=HEIGHT - BOTTOM, class_="margin")
    yield element("text", name, x=at, y=TOP - 10, text_anchor="middle", class_="named")
