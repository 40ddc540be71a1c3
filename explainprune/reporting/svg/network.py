"""A network drawn: layers as columns, connections and units as a few paths each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from explainprune.reporting.formatting import name, number
from explainprune.reporting.svg.element import coordinate, element
from explainprune.types import Drawing, DrawnEdges, DrawnLayer

WIDTH, BOTTOM, SIDE = 480, 8, 16
SPACING, SHORTEST, TALLEST = 14, 300, 460
BUCKETS = 4
"""Steps of width for each sign: 2 × BUCKETS paths hold all connections."""
MOST_EDGES, BUSY = 7000, 600
MOST_LABELS = 32
LEVELS = 6
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
    height = min(TALLEST, max(SHORTEST, SPACING * max(counts, default=1)))
    left, right = _margin(drawing.layers[0]), WIDTH - _margin(drawing.layers[-1])
    gaps = max(1, len(counts) - 1)
    tiers = min(MOST_TIERS, int(np.ceil(CAPTION_WIDTH * gaps / (right - left))))
    top = 12 + CAPTION_HEIGHT * tiers
    spacing = tuple(min(28.0, height / max(1, count)) for count in counts)
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


def strongest(edges: DrawnEdges, share: float) -> DrawnEdges:
    """Return the strongest `share` of the edges, in their order."""
    keep = int(len(edges.weight) * share)
    if keep >= len(edges.weight):
        return edges
    order = np.argsort(-np.abs(edges.weight), kind="stable")[:keep]
    index = sorted(int(i) for i in order)
    source, target, weight = (
        tuple(values[i] for i in index) for values in (edges.source, edges.target, edges.weight)
    )
    return DrawnEdges(edges.start, edges.end, source, target, weight, edges.total)  # type: ignore[arg-type]


def drawable(*drawings: Drawing) -> tuple[Drawing, ...]:
    """Thin out drawings with more edges than a page bears, all of them by the same share.

    Captions count what is left.
    """
    count = sum(len(edges.weight) for drawing in drawings for edges in drawing.edges)
    share = min(1.0, MOST_EDGES / max(1, count))
    return tuple(
        Drawing(d.layers, tuple(strongest(edges, share) for edges in d.edges), d.note)
        for d in drawings
    )


def largest_weight(*drawings: Drawing) -> float:
    """Return the largest |weight| of all drawings, so that they share one scale of widths."""
    sizes = [abs(w) for drawing in drawings for edges in drawing.edges for w in edges.weight]
    return max(sizes, default=1.0) or 1.0


def network(drawing: Drawing, *, largest: float, label: str, role: str) -> Markup:
    """Draw a network.

    Parameters
    ----------
    drawing : Drawing
        Passed through `drawable`.
    largest : float
        |weight| that gets the greatest width.
    label : str
        What a reader who can't see it is told.
    role : str
        ``"dense"`` or ``"other"``: the colour of the units.
    """
    plan = layout(drawing)
    count = sum(len(edges.weight) for edges in drawing.edges)
    return element(
        "svg",
        element("g", *_edge_paths(drawing, plan, largest), class_="edges"),
        element("path", d="", class_="lit"),
        *(_column(layer, plan, index) for index, layer in enumerate(drawing.layers)),
        viewBox=f"0 0 {WIDTH} {coordinate(plan.height)}",
        class_=f"network {role}{' busy' if count > BUSY else ''}",
        role="img",
        aria_label=label,
    )


def bucket(weight: float, largest: float) -> int:
    """Return which of the `BUCKETS` widths a weight gets, 0 the thinnest.

    >>> [bucket(w, 1.0) for w in (0.1, -0.25, 0.26, 1.0)]
    [0, 0, 1, 3]
    """
    return min(BUCKETS - 1, max(0, int(np.ceil(BUCKETS * abs(weight) / largest)) - 1))


def _edge_paths(drawing: Drawing, plan: Placement, largest: float) -> Iterator[Markup]:
    paths: dict[tuple[int, str], list[str]] = {}
    for edges in drawing.edges:
        x1, x2 = coordinate(plan.x[edges.start], 1), coordinate(plan.x[edges.end], 1)
        ys = [coordinate(y, 1) for y in plan.y[edges.start]]
        ends = [coordinate(y, 1) for y in plan.y[edges.end]]
        for source, target, weight in zip(edges.source, edges.target, edges.weight, strict=True):
            key = (bucket(weight, largest), "positive" if weight > 0 else "negative")
            paths.setdefault(key, []).append(f"M{x1} {ys[source]} {x2} {ends[target]}")
    for (width, sign), parts in sorted(paths.items()):
        yield element("path", d="".join(parts), class_=f"{sign} w{width}")


def _column(layer: DrawnLayer, plan: Placement, index: int) -> Markup:
    x, ys = plan.x[index], plan.y[index]
    ends = (0, len(plan.x) - 1)
    parts = [*_caption(layer, plan, index), *_points(layer, x, ys, plan.spacing[index])]
    if index in ends and _labelled(layer):
        parts += [_label(layer, unit, x, y, index == 0) for unit, y in enumerate(ys)]
    told = [[coordinate(y, 1), _told(layer, unit)] for unit, y in enumerate(ys)]
    return element(
        "g",
        *parts,
        class_="layer",
        data_x=coordinate(x, 1),
        data_units=json.dumps(told, ensure_ascii=False, separators=(",", ":")),
    )


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


def _told(layer: DrawnLayer, unit: int) -> str:
    """Say what is known of a unit, for whoever points at it."""
    called = name(layer.labels[unit]) if layer.labels else f"unit {layer.shown[unit]}"
    if not layer.alive[unit]:
        return f"{called}: not connected"
    told = f"importance {number(layer.size[unit], 'score')}" if layer.size else "not scored"
    return f"{called}: {told}"


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
    return element(
        "text",
        name(layer.labels[unit], LONGEST_LABEL),
        x=x - 12 if first else x + 12,
        y=y + 4,
        text_anchor="end" if first else "start",
        class_="label" if layer.alive[unit] else "label dead",
    )


def _margin(layer: DrawnLayer) -> float:
    """Leave room for a column's labels, and for its caption."""
    if not _labelled(layer):
        return SIDE
    return max(56.0, 18 + 7.2 * max(len(name(text, LONGEST_LABEL)) for text in layer.labels))


def _labelled(layer: DrawnLayer) -> bool:
    return 0 < len(layer.labels) <= MOST_LABELS
