"""The tables of drawn networks: every connection that is known, and the filters' weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from explainprune.reporting.svg.wires import became
from explainprune.types import Detail, Drawing, DrawnEdges

LAYERS = ("start", "end", "before", "removed", "turned", "weaker", "alike", "stronger", "added",
          "after")  # fmt: skip
ENDS = ("start", "start_unit", "start_name", "end", "end_unit", "end_name")
BECAME = "became"


def layer_lines(detail: Detail) -> Iterator[list[Any]]:
    """Yield what became of all connections between two layers; columns are `LAYERS`."""
    for each in detail.rewired:
        yield [getattr(each, column) for column in LAYERS]


def connection_columns(drawings: Mapping[str, Drawing]) -> tuple[str, ...]:
    """Return `ENDS`, a column for each model, and of two what became of the connection."""
    return (*ENDS, *drawings, *((BECAME,) if len(drawings) == 2 else ()))


def connection_lines(drawings: Mapping[str, Drawing]) -> Iterator[list[Any]]:
    """Yield every listed connection of drawn units, with its weight in each model.

    An empty cell: the model hasn't it, or it is weaker than those listed. Layers are joined by
    their names, units by their original numbers.
    """
    found: dict[tuple[Any, ...], list[float | None]] = {}
    complete: dict[tuple[Any, ...], list[bool]] = {}
    for model, drawing in enumerate(drawings.values()):
        for edges in drawing.edges:
            ends = drawing.layers[edges.start].name, drawing.layers[edges.end].name
            complete.setdefault(ends, [True] * len(drawings))[model] = edges.complete
            for key, weight in _listed(drawing, edges):
                found.setdefault(key, [None] * len(drawings))[model] = weight
    for key, weights in found.items():
        line = [*key, *weights]
        if len(drawings) == 2:
            known = complete[key[0], key[3]]
            line.append(became(*weights, complete=(known[0], known[1])))
        yield line


def _listed(drawing: Drawing, edges: DrawnEdges) -> Iterator[tuple[tuple[Any, ...], float]]:
    start, end = drawing.layers[edges.start], drawing.layers[edges.end]
    for source, target, weight in zip(edges.source, edges.target, edges.weight, strict=True):
        ends = [
            (layer.name, layer.shown[unit], layer.labels[unit] if layer.labels else "")
            for layer, unit in ((start, source), (end, target))
        ]
        yield (*ends[0], *ends[1]), weight


def filter_columns(drawings: Mapping[str, Drawing]) -> tuple[str, ...]:
    """Return where a weight is, and a column for each model."""
    return ("layer", "filter", "input", "row", "column", *drawings)


def filter_lines(drawings: Mapping[str, Drawing]) -> Iterator[list[Any]]:
    """Yield every weight of the drawn filters; an empty cell: the model lacks it."""
    every = [{each.layer: each for each in drawing.filters} for drawing in drawings.values()]
    for layer, first in every[0].items() if every else ():
        models = [found.get(layer) for found in every]
        _, width = first.shape
        for i, (unit, source) in enumerate(zip(first.unit, first.source, strict=True)):
            for place in range(first.shape[0] * width):
                images = [model.values[i] if model else () for model in models]
                values = [image[place] if image else None for image in images]
                yield [layer, unit, source, *divmod(place, width), *values]
