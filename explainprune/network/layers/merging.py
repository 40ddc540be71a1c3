"""Layers and operations where tensors meet: sums, products, maxima, concatenation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import larger
from explainprune.network.layers.axes import not_known, others
from explainprune.network.layers.elementwise import alone, links_in_place
from explainprune.network.layers.kind import Kind, Scalars
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.moving import moved_links
from explainprune.network.layers.passing import Arrays, Passing, Placed
from explainprune.network.layers.units import LeaveWhole, Units
from explainprune.network.scalars import functions
from explainprune.network.scalars.affine import Affine, joined, of_inputs
from explainprune.network.scalars.elements import Function
from explainprune.network.scalars.tensors import Reading, Tensor
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


_ADD = linked(broadcast_links, _by(np.add))
_SUBTRACT = linked(broadcast_links, _by(np.subtract))
_MULTIPLY = linked(broadcast_links, _product)
_AVERAGE = linked(broadcast_links, _average)
_MAXIMUM = linked(broadcast_links, _by(np.maximum))
_MINIMUM = linked(broadcast_links, _by(np.minimum))


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


_CONCATENATE = linked(_concatenate_links, _concatenated)


def _add_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a sum."""
    return weighted_sum(call, given, [1.0] * len(given))


def _subtract_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a difference."""
    return weighted_sum(call, given, [1.0, -1.0])


def _average_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an average."""
    return weighted_sum(call, given, [1.0 / len(given)] * len(given))


def _multiply_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a product."""
    return _mixed(call, *_in_one_shape(call, given), reading, functions.PRODUCT)


def _maximum_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a maximum of several tensors."""
    affines, shape = _in_one_shape(call, given)
    if len(affines) == 2 and of_inputs(*affines):
        return Tensor(larger(affines[0], affines[1], shape, reading, call.path), shape, call.path)
    return _mixed(call, affines, shape, reading, functions.MAXIMUM)


def _minimum_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a minimum of several tensors."""
    affines, shape = _in_one_shape(call, given)
    if len(affines) == 2 and of_inputs(*affines):
        a, b = (affine.scaled(-1.0) for affine in affines)
        return Tensor(larger(a, b, shape, reading, call.path).scaled(-1.0), shape, call.path)
    return _mixed(call, affines, shape, reading, functions.MINIMUM)


def _concatenate_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a concatenation along any axis."""
    rank = len(given[0].shape) + 1
    axis = int(call.operation.axis) % rank - 1
    if axis < 0:
        raise ValueError("it joins rows")
    starts = np.cumsum([0, *(each.affine.width for each in given)])
    numbers = [each.indices + start for each, start in zip(given, starts[:-1], strict=True)]
    order = np.concatenate(numbers, axis=axis)
    whole = joined([each.affine for each in given]).picked(order.ravel())
    return Tensor(whole, order.shape, call.path)


def _in_one_shape(call: Call, given: Sequence[Tensor]) -> tuple[list[Affine], tuple[int, ...]]:
    """Give all tensors one shape."""
    if len(given) != len(call.read) or len(given) < 2:
        raise ValueError("it merges with something that is no tensor")
    shape = np.broadcast_shapes(*(each.shape for each in given))
    ranks = {len(each.shape) for each in given}
    if len(ranks) > 1:
        raise ValueError("it merges tensors of different ranks")
    spread = [np.broadcast_to(each.indices, shape).ravel() for each in given]
    return [each.affine.picked(columns) for each, columns in zip(given, spread, strict=True)], shape


def weighted_sum(call: Call, given: Sequence[Tensor], factors: list[float]) -> Tensor:
    """Read a sum of tensors, each times a number."""
    affines, shape = _in_one_shape(call, given)
    total = affines[0].scaled(factors[0])
    for affine, factor in zip(affines[1:], factors[1:], strict=True):
        total = total.plus(affine.scaled(factor))
    return Tensor(total, shape, call.path)


def _mixed(
    call: Call, affines: list[Affine], shape: tuple[int, ...], reading: Reading, function: Function
) -> Tensor:
    width = affines[0].width
    groups = np.arange(width)[:, None] + width * np.arange(len(affines))
    affine = reading.units(call.path, shape, joined(affines), groups, function)
    return Tensor(affine, shape, call.path)


def _met(passes: Passing | None) -> Callable[[Call], Passing]:
    """Let units meet in an operation on tensors alone, or pass through one on numbers as well."""

    def choose(call: Call) -> Passing:
        if passes is None or len(call.inputs) < 2:
            return alone(call)
        if others(call):
            raise LeaveWhole(not_known(call))
        return passes

    return choose


def _merged(passes: Passing, scalars: Scalars) -> tuple[Kind, Kind]:
    """Return the kind of a layer that merges tensors, and that of the operation of its name."""
    layer = Kind(passing=passes, links=links_in_place, scalars=scalars)
    return layer, replace(layer, passing=_met(passes))


ADD, ADD_OPERATION = _merged(_ADD, _add_scalars)
SUBTRACT, SUBTRACT_OPERATION = _merged(_SUBTRACT, _subtract_scalars)
MULTIPLY, MULTIPLY_OPERATION = _merged(_MULTIPLY, _multiply_scalars)
MAXIMUM, MAXIMUM_OPERATION = _merged(_MAXIMUM, _maximum_scalars)
MINIMUM, MINIMUM_OPERATION = _merged(_MINIMUM, _minimum_scalars)
AVERAGE, _ = _merged(_AVERAGE, _average_scalars)
DIVIDE_OPERATION = Kind(passing=_met(None), links=links_in_place)
CONCATENATE = Kind(passing=_CONCATENATE, links=moved_links, scalars=_concatenate_scalars)
CONCATENATE_OPERATION = replace(CONCATENATE, passing=_met(_CONCATENATE))
DOT = Kind(passing="it multiplies units with each other")
