"""A network drawn: layers as columns, bundles between them, and the strongest connections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from explainprune.reporting.formatting import name
from explainprune.reporting.svg.element import coordinate, element
from explainprune.reporting.svg.wires import Bundle, Wired
from explainprune.types import Drawing, DrawnLayer

WIDTH, BOTTOM, SIDE = 480, 8, 16
SPACING, WIDEST, SHORTEST, TALLEST = 14, 28, 300, 460
WAIST, ROOM = 0.7, 64
"""How far a bundle of all connections is drawn in; the distance that has room for its number."""
MOST_LABELS = 32
LEVELS = 5
"""Steps of a unit's size: a path for each holds the units of a layer."""
LARGEST_UNIT, DEAD_UNIT = 8.0, 0.3
"""Radius of the most important unit where there is room; that of a dead one beside it."""
LONGEST_LABEL = 16
CAPTION_WIDTH, CAPTION_HEIGHT, MOST_TIERS = 90, 38, 4


@dataclass(frozen=True)
class Placement:
    """Where everything is drawn: x of each layer, y of each drawn unit in it, in SVG units.

    Captions of layers that stand too close take turns on several `tiers`.
    """

    height: float
    tiers: int
    x: tuple[float, ...]
    y: tuple[tuple[float, ...], ...]
    spacing: tuple[float, ...]


def layout(drawing: Drawing) -> Placement:
    """Place layers at equal distances and units at equal distances within each, centred."""
    counts = [len(layer.shown) for layer in drawing.layers]
    most = max(counts, default=1)
    height = min(TALLEST, max(min(SHORTEST, WIDEST * most), SPACING * most))
    left, right = _margin(drawing.layers[0]), WIDTH - _margin(drawing.layers[-1])
    gaps = max(1, len(counts) - 1)
    tiers = min(MOST_TIERS, int(np.ceil(CAPTION_WIDTH * gaps / (right - left))))
    top = 12 + CAPTION_HEIGHT * tiers
    spacing = tuple(min(float(WIDEST), height / max(1, count)) for count in counts)
    return Placement(
        height=top + height + BOTTOM,
        tiers=tiers,
        x=tuple(float(round(left + (right - left) * i / gaps)) for i in range(len(counts))),
        y=tuple(
            tuple(top + height / 2 + step * (unit - (count - 1) / 2) for unit in range(count))
            for count, step in zip(counts, spacing, strict=True)
        ),
        spacing=spacing,
    )


def network(wired: Wired, *, label: str, role: str) -> Markup:
    """Draw a network.

    Parameters
    ----------
    wired : Wired
    label : str
        What a reader who can't see it is told.
    role : str
        ``"dense"`` or ``"other"``: the colour of the units.
    """
    drawing, plan = wired.drawing, layout(wired.drawing)
    return element(
        "svg",
        *_bundles(wired.bundles, drawing, plan),
        element("g", *_edge_paths(wired, plan), class_="edges"),
        element("g", "", class_="lit"),
        *(_column(layer, plan, index) for index, layer in enumerate(drawing.layers)),
        *_numbers(wired.bundles, drawing, plan),
        viewBox=f"0 0 {WIDTH} {coordinate(plan.height)}",
        class_=f"network {role}",
        role="img",
        aria_label=label,
    )


def _edge_paths(wired: Wired, plan: Placement) -> Iterator[Markup]:
    """Draw the lines: a path for each kind, in the order of the lines."""
    paths: dict[str, list[str]] = {}
    for kind, start, end, source, target in wired.lines:
        a = f"{coordinate(plan.x[start], 1)} {coordinate(plan.y[start][source], 1)}"
        b = f"{coordinate(plan.x[end], 1)} {coordinate(plan.y[end][target], 1)}"
        paths.setdefault(kind, []).append(f"M{a} {b}")
    for kind, parts in paths.items():
        yield element("path", d="".join(parts), class_=kind)


def _bundles(bundles: tuple[Bundle, ...], drawing: Drawing, plan: Placement) -> Iterator[Markup]:
    """Draw a sheaf between two layers, drawn in the further the fewer connections are in it."""
    sheaves = "".join(_sheaf(bundle, drawing, plan) for bundle in bundles)
    if sheaves:
        yield element("path", d=sheaves, class_="bundle")


def _sheaf(bundle: Bundle, drawing: Drawing, plan: Placement) -> str:
    (x1, top1, low1), (x2, top2, low2) = (
        (plan.x[at], *_reach(drawing.layers[at], plan.y[at])) for at in (bundle.start, bundle.end)
    )
    middle = (top1 + low1 + top2 + low2) / 4
    half = max(0.75, WAIST * bundle.share * (low1 - top1 + low2 - top2) / 4)
    x, bend = (x1 + x2) / 2, (x2 - x1) / 4
    up, down = middle - half, middle + half
    ends = [
        f"M{coordinate(x1, 1)} {coordinate(top1, 1)}",
        _curve(x1 + bend, top1, x - bend / 2, up, x, up),
        _curve(x + bend / 2, up, x2 - bend, top2, x2, top2),
        f"V{coordinate(low2, 1)}",
        _curve(x2 - bend, low2, x + bend / 2, down, x, down),
        _curve(x - bend / 2, down, x1 + bend, low1, x1, low1),
        "z",
    ]
    return "".join(ends)


def _curve(*points: float) -> str:
    return "C" + " ".join(coordinate(point, 1) for point in points)


def _reach(layer: DrawnLayer, ys: tuple[float, ...]) -> tuple[float, float]:
    """Return where a layer's live units begin and end."""
    live = [y for y, alive in zip(ys, layer.alive, strict=True) if alive] or list(ys)
    return (min(live), max(live)) if live else (0.0, 0.0)


def _numbers(bundles: tuple[Bundle, ...], drawing: Drawing, plan: Placement) -> Iterator[Markup]:
    """Say how many connections each bundle holds, between neighbours that stand apart."""
    for bundle in bundles:
        x1, x2 = plan.x[bundle.start], plan.x[bundle.end]
        if bundle.end - bundle.start == 1 and x2 - x1 >= ROOM:
            reaches = [_reach(drawing.layers[at], plan.y[at]) for at in (bundle.start, bundle.end)]
            y = sum(map(sum, reaches)) / 4 + 4
            at = {"x": (x1 + x2) / 2, "y": y}
            yield element("text", f"{bundle.total:,}", **at, text_anchor="middle", class_="held")


def _column(layer: DrawnLayer, plan: Placement, index: int) -> Markup:
    x, ys = plan.x[index], plan.y[index]
    ends = (0, len(plan.x) - 1)
    parts = [*_caption(layer, plan, index), *_points(layer, x, ys, plan.spacing[index])]
    if index in ends and _labelled(layer):
        parts += [_label(layer, unit, x, y, index == 0) for unit, y in enumerate(ys)]
    return element("g", *parts, class_="layer")


def _caption(layer: DrawnLayer, plan: Placement, index: int) -> Iterator[Markup]:
    """Name a layer and count its units; captions at the drawing's edge grow inwards."""
    x, y = plan.x[index], 14 + CAPTION_HEIGHT * (index % plan.tiers)
    anchor = "start" if x < 40 else "end" if x > WIDTH - 40 else "middle"
    at = {"start": 2.0, "end": WIDTH - 2.0}.get(anchor, x)
    gap = (plan.x[-1] - plan.x[0]) / max(1, len(plan.x) - 1) or WIDTH
    room = int(plan.tiers * gap / (8.5 if anchor == "middle" else 11))
    shown, live = len(layer.shown), sum(layer.alive)
    counts = (
        f"{shown:,} of {layer.units:,} drawn"
        if shown < layer.units
        else f"{live:,} of {layer.units:,} live"
    )
    title = name(layer.name, max(5, min(18, room)))
    yield element("text", title, x=at, y=y, text_anchor=anchor, class_="title")
    yield element("text", counts, x=at, y=y + 17, text_anchor=anchor)


def _points(layer: DrawnLayer, x: float, ys: tuple[float, ...], spacing: float) -> Iterator[Markup]:
    """Draw units as round points whose area grows with importance: a path for each size."""
    most = min(LARGEST_UNIT, 0.46 * spacing)
    paths: dict[int, list[str]] = {}
    for unit, y in enumerate(ys):
        paths.setdefault(level(layer, unit), []).append(f"M{coordinate(x, 1)} {coordinate(y, 1)}h0")
    for step in sorted(paths):
        radius = most * float(np.sqrt(step / LEVELS)) if step else DEAD_UNIT * most
        kind = "points" if step else "points dead"
        d = "".join(paths[step])
        yield element("path", d=d, class_=kind, stroke_width=2 * radius)


def level(layer: DrawnLayer, unit: int) -> int:
    """Return a unit's step of size, from 1 to `LEVELS`; 0 for one that nothing connects."""
    if not layer.alive[unit]:
        return 0
    return max(1, int(np.ceil(LEVELS * min(1.0, layer.size[unit])))) if layer.size else LEVELS


def _label(layer: DrawnLayer, unit: int, x: float, y: float, first: bool) -> Markup:
    """Name a unit beside its point; what has several lines stands around its height."""
    lines = _lines(layer, unit)
    at = x - 12 if first else x + 12
    drawn = [
        element("tspan", line, x=at, dy=14 if index else None) for index, line in enumerate(lines)
    ]
    return element(
        "text",
        *(drawn if len(lines) > 1 else lines),
        x=at,
        y=y + 4 - 7 * (len(lines) - 1),
        text_anchor="end" if first else "start",
        class_="label" if layer.alive[unit] else "label dead",
    )


def _lines(layer: DrawnLayer, unit: int) -> list[str]:
    """Return a unit's label; that of a single one, which stands for two classes, in two lines."""
    label = layer.labels[unit]
    lines = label.split("\n", 1) if len(layer.labels) == 1 else [label]
    return [name(line, LONGEST_LABEL) for line in lines]


def _margin(layer: DrawnLayer) -> float:
    """Leave room for a column's labels, and for its caption."""
    if not _labelled(layer):
        return SIDE
    longest = max(len(line) for unit in range(len(layer.labels)) for line in _lines(layer, unit))
    return max(56.0, 18 + 7.2 * longest)


def _labelled(layer: DrawnLayer) -> bool:
    return 0 < len(layer.labels) <= MOST_LABELS
