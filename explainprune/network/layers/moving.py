"""Layers and operations that only put numbers elsewhere: read by running them on numbered ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from explainprune.network.backend import keras, tf
from explainprune.network.graph.graph import Call, in_inference
from explainprune.network.layers.axes import single
from explainprune.network.layers.elementwise import same_constants
from explainprune.network.layers.kind import Kind, Sides
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.links import Link, Picked
from explainprune.network.layers.passing import Arrays, Change, Cut, Placed
from explainprune.network.layers.pooling import PASSING, pass_channels
from explainprune.network.layers.units import LeaveWhole, Units, unit_axis
from explainprune.network.scalars.tensors import Reading, Tensor, check_size
from explainprune.types import Array


def _follow(call: Call, inputs: tuple[Units, ...]) -> Links:
    units = single(call, inputs)
    moved = call.operation(keras.ops.convert_to_tensor(_numbered(call, units)))
    axis, source = unit_axis(np.asarray(moved)[0].astype(np.int64))
    return axis, (source,)


def _follow_operation(call: Call, inputs: tuple[Units, ...]) -> Links:
    """Follow an operation that leaves units in their order: a step of a sequence, say.

    It is repeated as it was called, so that it may move all but the units themselves.
    """
    units = single(call, inputs)
    (tensor,) = call.arguments.keras_tensors
    row = keras.ops.convert_to_tensor(_numbered(call, units))
    args, kwargs = call.arguments.fill_in({id(tensor): row})
    moved = np.asarray(call.operation(*args, **kwargs))
    if moved.shape[1:] != tuple(call.shapes_out[0][1:]) or len(moved) != 1:
        raise LeaveWhole("it picks rows")
    axis, source = unit_axis(moved[0].astype(np.int64))
    if not np.array_equal(source, np.arange(len(units.atoms))):
        raise LeaveWhole("it picks some of its units")
    return axis, (source,)


def _numbered(call: Call, units: Units) -> Array:
    """Return one row in which every entry is the position of its unit."""
    shape = call.shapes_in[0][1:]
    if units.axis < 0:
        raise LeaveWhole("the units of its input lie along no axis")
    if None in shape:
        raise LeaveWhole(f"the shape of its input {shape} is not known in full")
    numbers = np.arange(len(units.atoms), dtype="float32")
    if units.axis == 0:
        return numbers.reshape([1, *(s or 0 for s in shape)])
    along = [1] * len(shape)
    along[units.axis - 1] = -1
    return np.broadcast_to(numbers.reshape(along), [s or 0 for s in shape])[None]


def _reshape_change(placed: Placed, cut: Cut) -> Change:
    target = list(placed.call.operation.target_shape)
    place = placed.outputs[0].axis - 1
    if target[place] != -1:
        target[place] = len(cut.outputs[0])
    return Change({"target_shape": tuple(target)})


_OPERATION = linked(_follow_operation, same_constants)
_MOVING = linked(_follow, same_constants)
_RESHAPE = linked(_follow, same_constants, _reshape_change)


def _padded(placed: Placed, values: Arrays) -> Array:
    """Leave only zeros constant, as zero padding does."""
    return np.where(values[0] == 0, 0.0, np.nan)


_PADDING = linked(pass_channels, _padded)


def moved_links(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
    """Learn where numbers go by letting the call move numbered ones."""
    starts = np.cumsum([0, *(math.prod(shape) for shape in shapes)])
    numbers = [
        tf.reshape(tf.range(start + 1, end + 1, dtype=tf.float32), (1, *shape))
        for start, end, shape in zip(starts[:-1], starts[1:], shapes, strict=True)
    ]
    args, kwargs = call.filled(dict(zip(call.inputs, numbers, strict=True)))
    try:
        arrived = np.asarray(in_inference(call, args, kwargs))[0]
    except (ValueError, TypeError, tf.errors.InvalidArgumentError):
        arrived = np.zeros(())  # sizes left open: the shape below won't fit
    places = np.round(arrived).astype(np.int64) - 1
    if arrived.shape != out or starts[-1] >= 2**24 or (places + 1 != arrived).any():
        return None
    return [
        Picked(np.where((places >= start) & (places < end), places - start, -1), shape)
        for start, end, shape in zip(starts[:-1], starts[1:], shapes, strict=True)
    ]


def moved_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a layer that moves, repeats or drops numbers, or pads with zeros."""
    (tensor,) = given
    numbered = _run(call, tensor.indices[None] + 1.0)
    if len(numbered) != 1:
        raise ValueError("it moves numbers between rows")
    columns = np.rint(numbered[0]).astype(np.int64) - 1
    return tensor.moved(columns, name=call.path)


def _upsampled(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an UpSampling layer: nearest neighbours are moves, the rest is linear."""
    if getattr(call.operation, "interpolation", "nearest") == "nearest":
        return moved_scalars(call, given, reading)
    (tensor,) = given
    check_size(tensor.affine.width * np.prod(call.shapes_out[0][1:]))  # type: ignore[arg-type]
    basis = np.eye(tensor.affine.width).reshape(-1, *tensor.shape)
    found = _run(call, basis)
    matrix = sparse.csc_array(found.reshape(len(basis), -1))
    return tensor.made(tensor.affine.through(matrix), found.shape[1:], call.path)


def _run(call: Call, rows: Array) -> Array:
    """Run a layer on rows in double precision, which its own __call__ would round."""
    args, kwargs = call.filled({call.inputs[0]: tf.constant(rows, tf.float64)})
    found = call.operation.call(*args, **kwargs)
    (only,) = keras.tree.flatten(found)
    return np.asarray(only)


def _moved_within_rows(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an op that may move rows, too: raise unless it leaves them where they are."""
    shape = [3, *(2 + axis for axis in range(len(call.shapes_in[0]) - 1))]
    rows = np.zeros(shape) + np.arange(3).reshape(3, *[1] * (len(shape) - 1))
    found = _run(call, rows)
    if len(found) != 3 or any((found[row] != row).any() for row in range(3)):
        raise ValueError("it moves numbers between rows")
    return moved_scalars(call, given, reading)


MOVING, RESHAPE, CROPPING, PADDING = (
    Kind(passing=passes, links=moved_links, scalars=moved_scalars)
    for passes in (_MOVING, _RESHAPE, PASSING, _PADDING)
)
UPSAMPLING = Kind(passing=PASSING, links=moved_links, scalars=_upsampled)
OPERATION = Kind(passing=_OPERATION, links=moved_links, scalars=moved_scalars)
WITH_ROWS = Kind(passing=_OPERATION, links=moved_links, scalars=_moved_within_rows)
RESHAPE_OPERATION = Kind(links=moved_links, scalars=moved_scalars)
SWAPAXES = Kind(links=moved_links)
