"""What acts on every entry by itself: activations, noise, scales; and softmax, which doesn't."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import (
    CURVES,
    activated,
    bent,
    check_elementwise,
    leaky,
    mixes_units,
    rectified,
    with_head,
)
from explainprune.network.layers.axes import not_known, others, single
from explainprune.network.layers.kind import Kind, Sides
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.links import Link, broadcast
from explainprune.network.layers.normalising import mixed_links
from explainprune.network.layers.passing import Arrays, Change, Cut, Passing, Placed
from explainprune.network.layers.units import LeaveWhole, Units
from explainprune.network.scalars.functions import elementwise, softmax
from explainprune.network.scalars.tensors import Reading, Tensor
from explainprune.types import Array


def pass_on(call: Call, inputs: tuple[Units, ...]) -> Links:
    """Leave units where they are."""
    units = single(call, inputs)
    if units.axis < 0:
        raise LeaveWhole("the units of its input lie along no axis")
    return units.axis, (np.arange(len(units.atoms)),)


def same_constants(placed: Placed, values: Arrays) -> Array:
    """Leave a constant what it is: dropout, pooling, cropping."""
    return values[0]


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


def _pass_elementwise(call: Call, inputs: tuple[Units, ...]) -> Links:
    check_elementwise(call.operation.activation)
    return pass_on(call, inputs)


def _scales_apart(call: Call, inputs: tuple[Units, ...]) -> str:
    """Say that a `Normalization`, or a `Rescaling` by lists, has numbers for each unit."""
    op = call.operation
    one = call.kind == "Rescaling" and not np.ndim(op.scale) and not np.ndim(op.offset)
    return "" if one else "it has a factor for each unit"


def _shares_slopes(call: Call, inputs: tuple[Units, ...]) -> str:
    size = call.weights["alpha"].shape[inputs[0].axis - 1]
    return "" if size == len(inputs[0].atoms) else "its slopes are shared between units"


def _prelu_constants(placed: Placed, values: Arrays) -> Array:
    alpha = np.moveaxis(placed.weights["alpha"], placed.inputs[0].axis - 1, -1)
    alpha = alpha.reshape(-1, alpha.shape[-1])
    same = (alpha == alpha[0]).all(axis=0)
    result = np.where(values[0] < 0, np.where(same, alpha[0] * values[0], np.nan), values[0])
    return np.asarray(result)


def _prelu_change(placed: Placed, cut: Cut) -> Change:
    alpha = np.take(placed.weights["alpha"], cut.outputs[0], axis=placed.inputs[0].axis - 1)
    return Change({}, {"alpha": alpha})


_PRELU = linked(pass_on, _prelu_constants, _prelu_change, uncut=_shares_slopes)


_SAME = linked(pass_on, same_constants)
_COMPUTED = linked(pass_on, computed_constants)
_ACTIVATION = linked(_pass_elementwise, computed_constants)
_RESCALING = linked(pass_on, computed_constants, uncut=_scales_apart)


def links_in_place(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
    """Link each number of the output to the one at its place in every input."""
    return [broadcast(shape, out) for shape in shapes]


def _activation_links(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
    return None if mixes_units(call.operation) else links_in_place(call, shapes, out)


def _activation_layer(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an Activation or ELU layer."""
    layer = call.operation
    return activated(given[0], getattr(layer, "activation", layer), reading, call.path)


def _relu_layer(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a ReLU layer, with its slope, threshold and greatest value."""
    return rectified(given[0], call.operation, reading, call.path)


def _leaky_layer(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a LeakyReLU layer."""
    return bent(given[0], leaky(float(call.operation.negative_slope)), reading, call.path)


def _prelu(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a PReLU layer: a slope for each number, shared along some axes."""
    slope = np.broadcast_to(reading.weight(call.operation.alpha), given[0].shape)
    return bent(given[0], leaky(slope.ravel()), reading, call.path)


def _softmax_layer(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a Softmax layer, along one axis or several."""
    if len(given) != 1:
        raise ValueError("a softmax with a mask is not known")
    (tensor,) = given
    axis = call.operation.axis
    # Keras counts the row axis.
    axes = [each - 1 if each > 0 else each for each in np.atleast_1d(axis).tolist()]
    made = reading.along(tensor, tuple(axes), softmax(), call.path)
    last = len(tensor.shape) - 1
    return with_head(made, "softmax", tensor.affine, last, tensor.shape)


def _operation_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an element-wise op such as ``keras.ops.relu``."""
    operation = call.operation
    kind = type(operation).__name__
    if kind in CURVES:
        return bent(given[0], CURVES[kind](operation), reading, call.path)
    made = reading.elementwise(given[0], elementwise(operation.call, kind), call.path)
    return with_head(made, kind.lower(), given[0].affine, None, given[0].shape)


def _passed(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a layer that does nothing outside training."""
    return given[0]


def _scaled(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a layer that scales and shifts each number, by running it on zeros and ones."""
    (tensor,) = given
    rows = np.stack([np.zeros(tensor.shape), np.ones(tensor.shape)])
    layer = call.operation
    kept = np.float64 if layer.compute_dtype == "float64" else np.float32
    found = layer(tf.constant(rows.astype(kept)))
    zero, one = np.asarray(found, np.float64).reshape(2, -1)
    return tensor.made(tensor.affine.scaled(one - zero, zero))


def alone(call: Call) -> Passing:
    """Let units pass through an operation on one tensor and numbers."""
    numbers = all(a is None or isinstance(a, bool | int | float | str) for a in others(call))
    if len(call.inputs) != 1 or not numbers:
        raise LeaveWhole(not_known(call))
    return _COMPUTED


def _bent(passes: Any, scalars: Any) -> Kind:
    return Kind(passing=passes, links=links_in_place, scalars=scalars, bends=True, each_place=True)


IDLE = Kind(passing=_SAME, links=links_in_place, scalars=_passed, idle=True, each_place=True)
ACTIVATION = replace(_bent(_ACTIVATION, _activation_layer), links=_activation_links)
ELU = _bent(_COMPUTED, _activation_layer)
RELU, LEAKY = _bent(_COMPUTED, _relu_layer), _bent(_COMPUTED, _leaky_layer)
PRELU = _bent(_PRELU, _prelu)
RESCALING = Kind(passing=_RESCALING, links=links_in_place, scalars=_scaled, each_place=True)
SOFTMAX = Kind(
    passing="it weighs its units against each other",
    links=mixed_links,
    scalars=_softmax_layer,
    head="softmax",
)

BENDING = _bent(alone, _operation_scalars)
RELU_OPERATION = _bent(alone, _relu_layer)
SIGMOID = Kind(
    passing=alone,
    links=links_in_place,
    scalars=_operation_scalars,
    bends=True,
    each_place=True,
    head="sigmoid",
)
COMPUTED = Kind(passing=alone, links=links_in_place, scalars=_operation_scalars)
