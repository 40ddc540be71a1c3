"""Layers without weights that keep every unit in its place."""

from __future__ import annotations

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import check_elementwise
from explainprune.network.layers.axes import channel_axis, expect_axis, single
from explainprune.network.layers.kind import Arrays, Placed
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.units import LeaveWhole, Units
from explainprune.types import Array


def same_constants(placed: Placed, values: Arrays) -> Array:
    """Leave a constant what it is: dropout, pooling, cropping."""
    return values[0]


def padded_constants(placed: Placed, values: Arrays) -> Array:
    """Leave only zeros constant, as zero padding does."""
    return np.where(values[0] == 0, 0.0, np.nan)


def computed_constants(placed: Placed, values: Arrays) -> Array:
    """Let the layer itself say what it makes of each constant."""
    known = np.isfinite(values[0])
    if not known.any():
        return values[0]
    row = keras.ops.convert_to_tensor(np.where(known, values[0], 0.0)[None, :])
    (tensor,) = placed.call.arguments.keras_tensors
    args, kwargs = placed.call.arguments.fill_in({id(tensor): row})
    result = np.asarray(placed.call.operation(*args, **kwargs), dtype=np.float64)[0]
    return np.where(known & np.isfinite(result), result, np.nan)


def pass_on(call: Call, inputs: tuple[Units, ...]) -> Links:
    """Leave units where they are."""
    units = single(call, inputs)
    if units.axis < 0:
        raise LeaveWhole("the units of its input lie along no axis")
    return units.axis, (np.arange(len(units.atoms)),)


def _activation_links(call: Call, inputs: tuple[Units, ...]) -> Links:
    check_elementwise(call.operation.activation)
    return pass_on(call, inputs)


def _scales_apart(call: Call, inputs: tuple[Units, ...]) -> str:
    """Say that a `Normalization`, or a `Rescaling` by lists, has numbers for each unit."""
    op = call.operation
    one = call.kind == "Rescaling" and not np.ndim(op.scale) and not np.ndim(op.offset)
    return "" if one else "it has a factor for each unit"


def _channel_links(call: Call, inputs: tuple[Units, ...]) -> Links:
    units = single(call, inputs)
    rank = len(call.shapes_in[0])
    expect_axis(call, units, channel_axis(call.operation, rank))
    gone = rank - len(call.shapes_out[0])  # global pooling drops the axes it pools
    return (units.axis if units.axis == 1 else units.axis - gone), (np.arange(len(units.atoms)),)


SAME = linked(pass_on, same_constants)
COMPUTED = linked(pass_on, computed_constants)
ACTIVATION = linked(_activation_links, computed_constants)
RESCALING = linked(pass_on, computed_constants, uncut=_scales_apart)
POOLING = linked(_channel_links, same_constants)
PADDING = linked(_channel_links, padded_constants)
