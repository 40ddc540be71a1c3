"""A model drawn: its layers, the units that matter most, and the strongest connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explainprune.analysis.detail.wiring import INPUTS, Wires, Wiring
from explainprune.types import Array, Drawing, DrawnEdges, DrawnLayer, fair_shares

MOST_UNITS = 64
"""Units drawn in one layer."""
MOST_EDGES = 7000
"""Connections drawn in one model."""

Shown = Mapping[str, Array]
"""By layer, the dense model's indices of the units that are drawn, ascending."""


def shown_units(
    units: Mapping[str, int], sizes: Sequence[Mapping[str, Array]], most: int | None = None
) -> dict[str, Array]:
    """Choose the units of each layer that matter most in either model.

    Parameters
    ----------
    units : mapping of str to int
        How many each layer has.
    sizes : sequence of mapping of str to ndarray
        Importance by layer, one mapping for each model; NaN counts as nothing.
    most : int, optional
        By default `MOST_UNITS`.
    """
    chosen = {}
    for path, count in units.items():
        largest = np.zeros(count)
        for size in sizes:
            if path in size:
                largest = np.maximum(largest, relative(size[path]))
        chosen[path] = np.sort(np.argsort(-largest, kind="stable")[: most or MOST_UNITS])
    return chosen


def relative(scores: Array) -> Array:
    """Divide by the layer's largest score; what is NaN or negative is 0."""
    scores = np.maximum(np.nan_to_num(np.asarray(scores, dtype=float)), 0.0)
    largest = scores.max(initial=0.0)
    return np.asarray(scores / largest if largest > 0 else scores)


def drawing(
    wiring: Wiring,
    units: Mapping[str, int],
    shown: Shown,
    sizes: Mapping[str, Array],
    labels: Mapping[str, tuple[str, ...]],
    position: Mapping[str, Array],
) -> Drawing:
    """Draw one model.

    Parameters
    ----------
    wiring : Wiring
    units : mapping of str to int
        Units of each layer in the dense model, the inputs first: the columns, in order.
    shown : mapping of str to ndarray of int
    sizes : mapping of str to ndarray
        Importance of each dense unit in this model.
    labels : mapping of str to tuple of str
        Names of all units of a layer, where they have any.
    position : mapping of str to ndarray of int
        For each dense unit of a layer, which unit of this model it is; −1 where it is gone. Layers
        that it doesn't name aren't drawn.
    """
    columns = [path for path in units if path in position]
    layers = tuple(
        DrawnLayer(
            name=path,
            kind=INPUTS if path == INPUTS else wiring.layers[path],
            units=units[path],
            shown=tuple(int(i) for i in shown[path]),
            size=tuple(float(s) for s in _sizes(sizes, path, units[path])[shown[path]].round(4)),
            alive=tuple(bool(a) for a in _alive(wiring, path, position[path])[shown[path]]),
            labels=tuple(labels[path][i] for i in shown[path]) if path in labels else (),
        )
        for path in columns
    )
    wires = [w for w in wiring.wires if w.start in columns and w.end in columns]
    edges = _edges(wires, columns, shown, position)
    return Drawing(layers, edges, wiring.note)


def _sizes(sizes: Mapping[str, Array], path: str, count: int) -> Array:
    return relative(sizes[path]) if path in sizes else np.ones(count)


def _alive(wiring: Wiring, path: str, position: Array) -> Array:
    """Say of each dense unit whether it is connected in this model."""
    alive = wiring.alive[path]
    return np.asarray((position >= 0) & alive[np.maximum(position, 0)])


def _edges(
    wires: list[Wires], columns: list[str], shown: Shown, position: Mapping[str, Array]
) -> tuple[DrawnEdges, ...]:
    """Draw the strongest connections between drawn units, each pair of layers its fair share."""
    parts = [_between_shown(wire, shown, position) for wire in wires]
    counts = fair_shares([int((np.abs(part) > 0).sum()) for part in parts], MOST_EDGES)
    found = []
    for wire, part, count in zip(wires, parts, counts, strict=True):
        size = np.abs(part).ravel()
        strongest = np.sort(np.argsort(-size, kind="stable")[:count])
        source, target = np.unravel_index(strongest, part.shape)
        found.append(
            DrawnEdges(
                start=columns.index(wire.start),
                end=columns.index(wire.end),
                source=tuple(int(i) for i in source),
                target=tuple(int(i) for i in target),
                weight=tuple(float(f"{v:.5g}") for v in part.ravel()[strongest]),
                total=int((wire.weight != 0).sum()),
                among=int((part != 0).sum()),
            )
        )
    return tuple(found)


def _between_shown(wire: Wires, shown: Shown, position: Mapping[str, Array]) -> Array:
    """Return weights between drawn units; 0 where one of them is gone."""
    rows, columns = (position[path][shown[path]] for path in (wire.start, wire.end))
    part = wire.weight[np.maximum(rows, 0)][:, np.maximum(columns, 0)]
    return np.where((rows >= 0)[:, None] & (columns >= 0)[None, :], part, 0.0)
