"""Layers that move entries about: Flatten, Reshape, Permute, RepeatVector.

Their index map is found by letting the layer itself move the numbers of the units.
"""

from __future__ import annotations

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.graph.graph import Call
from explainprune.network.layers.axes import single
from explainprune.network.layers.kind import Change, Cut, Placed
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.passing import same_constants
from explainprune.network.layers.units import LeaveWhole, Units, unit_axis
from explainprune.types import Array


def _links(call: Call, inputs: tuple[Units, ...]) -> Links:
    units = single(call, inputs)
    moved = call.operation(keras.ops.convert_to_tensor(_numbered(call, units)))
    axis, source = unit_axis(np.asarray(moved)[0].astype(np.int64))
    return axis, (source,)


def _operation_links(call: Call, inputs: tuple[Units, ...]) -> Links:
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


MOVING_OPERATION = linked(_operation_links, same_constants)
MOVING = linked(_links, same_constants)
RESHAPE = linked(_links, same_constants, _reshape_change)
