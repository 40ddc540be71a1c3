"""Values with their intervals, as dots on a track."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.element import element, share


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
