"""Which connections of a network are drawn singly, which in bundles, and what changed in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from explainprune.types import Drawing, DrawnEdges, fair_shares
from explainprune.types.drawing import TWICE

MOST_EDGES = 7000
"""Connections that a page carries, for whoever points at a unit."""
MOST_LINES = 200
"""Connections drawn singly, the strongest: more are a thicket. Bundles stand for all."""
BUCKETS = 4
"""Steps of width for each sign."""
CHANGES = ("removed", "weaker", "added", "stronger", "turned")
"""What may have become of a connection, in the order drawn: what matters most comes last."""


class Line(NamedTuple):
    """A connection between two drawn units, and how it looks: its classes."""

    kind: str
    start: int
    end: int
    source: int
    target: int


@dataclass(frozen=True)
class Bundle:
    """All live connections between two layers; `share` is of the most that any drawing has."""

    start: int
    end: int
    total: int
    share: float


@dataclass(frozen=True)
class Wired:
    """A network, with the connections that are drawn singly and those in bundles."""

    drawing: Drawing
    lines: tuple[Line, ...]
    bundles: tuple[Bundle, ...] = ()


def wired(*drawings: Drawing) -> tuple[Wired, ...]:
    """Choose what is drawn of networks that are shown side by side, on one scale of widths.

    Layers are joined by a bundle wherever one of the networks has more connections between them
    than are drawn singly.
    """
    largest = largest_weight(*drawings)
    singly = [_singly(drawing) for drawing in drawings]
    most: dict[tuple[str, str], int] = {}
    bundled = set()
    for drawing, shown in zip(drawings, singly, strict=True):
        for edges, lines in zip(drawing.edges, shown, strict=True):
            layers = _between(drawing, edges)
            most[layers] = max(most.get(layers, 0), edges.total)
            if len(lines.weight) < edges.total:
                bundled.add(layers)
    return tuple(
        Wired(
            drawing,
            tuple(sorted(_lines(shown, largest), key=lambda line: line.kind[::-1])),
            tuple(
                Bundle(edges.start, edges.end, edges.total, edges.total / most[layers])
                for edges in drawing.edges
                for layers in [_between(drawing, edges)]
                if layers in bundled and edges.total
            ),
        )
        for drawing, shown in zip(drawings, singly, strict=True)
    )


def difference(dense: Drawing, other: Drawing) -> Wired | None:
    """Choose what changed most, of each kind of change its fair share.

    None where the layers aren't the same. A connection that is missing in a list which isn't
    complete is not known to be gone: it is left out.
    """
    if [(a.name, a.shown) for a in dense.layers] != [(b.name, b.shown) for b in other.layers]:
        return None
    found = []
    after = {(edges.start, edges.end): edges for edges in other.edges}
    for edges in dense.edges:
        between = (edges.start, edges.end)
        if between in after:
            found += [
                (size, Line(k, *between, *ends))
                for k, size, ends in _changed(edges, after[between])
            ]
    ordered = [line for _, line in sorted(found, key=lambda each: -each[0])]
    by_kind = [[line for line in ordered if line.kind == kind] for kind in CHANGES]
    granted = fair_shares([len(lines) for lines in by_kind], MOST_LINES)
    kept = [line for lines, most in zip(by_kind, granted, strict=True) for line in lines[:most]]
    # Sizes of units are the other drawings' matter: here all are alike.
    layers = tuple(replace(layer, size=()) for layer in other.layers)
    return Wired(replace(other, layers=layers), tuple(kept))


def _changed(before: DrawnEdges, after: DrawnEdges) -> Iterator[tuple[str, float, tuple[int, int]]]:
    ours, theirs = (
        dict(zip(zip(e.source, e.target, strict=True), e.weight, strict=True))
        for e in (before, after)
    )
    for ends in dict.fromkeys((*ours, *theirs)):
        a, b = ours.get(ends), theirs.get(ends)
        kind = became(a, b, complete=(before.complete, after.complete))
        if kind in CHANGES:
            yield kind, abs((b or 0.0) - (a or 0.0)), ends


def became(before: float | None, after: float | None, *, complete: tuple[bool, bool]) -> str:
    """Say what became of a connection: one of `CHANGES`, "alike", or "" where it isn't known.

    >>> became(1.0, -0.9, complete=(True, True)), became(1.0, None, complete=(True, True))
    ('turned', 'removed')
    >>> became(1.0, None, complete=(True, False)), became(0.2, 0.41, complete=(True, True))
    ('', 'stronger')
    """
    if before is None or after is None:
        known = complete[0] if before is None else complete[1]
        return ("added" if before is None else "removed") if known else ""
    if (before > 0) != (after > 0):
        return "turned"
    small, large = abs(before), abs(after)
    return "weaker" if TWICE * large < small else "stronger" if large > TWICE * small else "alike"


def drawable(*drawings: Drawing) -> tuple[Drawing, ...]:
    """Thin out drawings with more edges than a page bears: the larger ones, to their strongest."""
    counts = [sum(len(edges.weight) for edges in drawing.edges) for drawing in drawings]
    shares = [
        granted / max(1, count)
        for granted, count in zip(fair_shares(counts, MOST_EDGES), counts, strict=True)
    ]
    return tuple(
        replace(
            drawing, edges=tuple(_strongest(e, int(len(e.weight) * share)) for e in drawing.edges)
        )
        for drawing, share in zip(drawings, shares, strict=True)
    )


def largest_weight(*drawings: Drawing) -> float:
    """Return the largest |weight| of all drawings, so that they share one scale of widths."""
    sizes = [abs(w) for drawing in drawings for edges in drawing.edges for w in edges.weight]
    return max(sizes, default=1.0) or 1.0


def bucket(weight: float, largest: float) -> int:
    """Return which of the `BUCKETS` widths a weight gets, 0 the thinnest.

    >>> [bucket(w, 1.0) for w in (0.1, -0.25, 0.26, 1.0)]
    [0, 0, 1, 3]
    """
    return min(BUCKETS - 1, max(0, int(np.ceil(BUCKETS * abs(weight) / largest)) - 1))


def _singly(drawing: Drawing) -> list[DrawnEdges]:
    """Return the strongest connections, every pair of layers its fair share of `MOST_LINES`."""
    granted = fair_shares([len(edges.weight) for edges in drawing.edges], MOST_LINES)
    return [_strongest(e, count) for e, count in zip(drawing.edges, granted, strict=True)]


def _strongest(edges: DrawnEdges, keep: int) -> DrawnEdges:
    """Return the strongest `keep` of the edges, in their order."""
    if keep >= len(edges.weight):
        return edges
    order = np.argsort(-np.abs(edges.weight), kind="stable")[:keep]
    index = sorted(int(i) for i in order)
    source, target, weight = (
        tuple(values[i] for i in index) for values in (edges.source, edges.target, edges.weight)
    )
    among = edges.total if edges.among is None else edges.among
    return replace(edges, source=source, target=target, weight=weight, among=among)  # type: ignore[arg-type]


def _lines(shown: list[DrawnEdges], largest: float) -> Iterator[Line]:
    for edges in shown:
        for source, target, weight in zip(edges.source, edges.target, edges.weight, strict=True):
            sign = "positive" if weight > 0 else "negative"
            kind = f"{sign} w{bucket(weight, largest)}"
            yield Line(kind, edges.start, edges.end, source, target)


def _between(drawing: Drawing, edges: DrawnEdges) -> tuple[str, str]:
    return drawing.layers[edges.start].name, drawing.layers[edges.end].name
