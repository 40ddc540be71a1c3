"""Layers and operations where tensors meet: sums, products, maxima, concatenation."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.kind import Arrays, Kind, Placed
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.units import LeaveWhole, Units
from explainprune.types import Array


def _meeting_axis(call: Call, inputs: tuple[Units, ...]) -> int:
    """Return the output axis along which the inputs' units meet, aligned from the right."""
    rank = len(call.shapes_out[0])
    axes = {
        rank - len(shape) + units.axis
        for shape, units in zip(call.shapes_in, inputs, strict=True)
        if units.axis > 0 and len(units.atoms) > 1
    } or {rank - 1}
    if len(axes) > 1 or any(units.axis < 1 for units in inputs):
        raise LeaveWhole("its inputs have their units along different axes")
    return axes.pop()


def broadcast_links(call: Call, inputs: tuple[Units, ...]) -> Links:
    """Let inputs meet unit by unit, the way shapes broadcast."""
    axis = _meeting_axis(call, inputs)
    size = call.shapes_out[0][axis] or 0
    rank = len(call.shapes_out[0])
    sources = []
    for shape, units in zip(call.shapes_in, inputs, strict=True):
        mine = axis - rank + len(shape)
        if mine < 1 or shape[mine] not in (1, size):
            raise LeaveWhole(f"it spreads an input of shape {shape} over the units of another")
        alone = shape[mine] == size and units.axis == mine
        sources.append(np.arange(size) if alone else np.full(size, -1))
    if all((source < 0).all() for source in sources):
        raise LeaveWhole("no input has its units where its output has them")
    return axis, tuple(sources)


def _by(function: Callable[[Array, Array], Array]) -> Callable[[Placed, Arrays], Array]:
    return lambda placed, values: np.asarray(reduce(function, values))


def _product(placed: Placed, values: Arrays) -> Array:
    stacked = np.stack(values)
    return np.where((stacked == 0).any(axis=0), 0.0, np.prod(stacked, axis=0))


def _average(placed: Placed, values: Arrays) -> Array:
    return np.asarray(np.mean(np.stack(values), axis=0))


ADD = linked(broadcast_links, _by(np.add))
SUBTRACT = linked(broadcast_links, _by(np.subtract))
MULTIPLY = linked(broadcast_links, _product)
AVERAGE = linked(broadcast_links, _average)
MAXIMUM = linked(broadcast_links, _by(np.maximum))
MINIMUM = linked(broadcast_links, _by(np.minimum))


def _concatenate_links(call: Call, inputs: tuple[Units, ...]) -> Links:
    axis = call.operation.axis % len(call.shapes_out[0])
    axes = {units.axis for units in inputs}
    if len(axes) > 1 or min(axes) < 1:
        raise LeaveWhole("its inputs have their units along different axes")
    sizes = [len(units.atoms) for units in inputs]
    if axes != {axis}:  # joined along another axis: units meet
        return axes.pop(), tuple(np.arange(size) for size in sizes)
    starts = np.cumsum([0, *sizes])
    sources = []
    for start, size in zip(starts, sizes, strict=False):
        source = np.full(starts[-1], -1)
        source[start : start + size] = np.arange(size)
        sources.append(source)
    return axis, tuple(sources)


def _concatenated(placed: Placed, values: Arrays) -> Array:
    if placed.outputs[0].axis == placed.call.operation.axis % len(placed.call.shapes_out[0]):
        here = np.stack([source >= 0 for source in placed.extra])
        return np.asarray(np.where(here, np.stack(values), 0.0).sum(axis=0))
    same = (np.stack(values) == values[0]).all(axis=0)
    return np.where(same, values[0], np.nan)


CONCATENATE: Kind = linked(_concatenate_links, _concatenated)
