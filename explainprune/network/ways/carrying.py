"""How each kind of layer reads units, or passes them on: what is not listed stops them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import is_elementwise
from explainprune.network.layers.families import DEPTHWISE, EACH_CHANNEL, EACH_PLACE
from explainprune.types import Array

READ_AXIS = {
    "Dense": ("kernel", 0),
    "Conv1D": ("kernel", -2),
    "Conv2D": ("kernel", -2),
    "Conv3D": ("kernel", -2),
    "Conv1DTranspose": ("kernel", -1),
    "Conv2DTranspose": ("kernel", -1),
    "Conv3DTranspose": ("kernel", -1),
    "SeparableConv1D": ("depthwise_kernel", -2),
    "SeparableConv2D": ("depthwise_kernel", -2),
    "SimpleRNN": ("kernel", 0),
    "LSTM": ("kernel", 0),
    "GRU": ("kernel", 0),
}
"""For each kind of layer that reads its input's last axis: the kernel that does, and its axis."""


@dataclass(frozen=True, eq=False)
class Slices:
    """Which entries of one variable belong to which unit.

    Attributes
    ----------
    path : str
        The variable.
    axis : int
        Its axis along which units lie.
    units : ndarray of int
        For each position along that axis, the unit; −1 where it belongs to another layer.
    """

    path: str
    axis: int
    units: Array


@dataclass(frozen=True, eq=False)
class Carried:
    """One layer's units on a tensor.

    Attributes
    ----------
    units : ndarray of int
        The unit of each entry, broadcast against the tensor's shape without rows.
    zero : bool
        Whether a silenced unit is exactly 0 here.
    """

    units: Array
    zero: bool


def made_by(call: Call, count: int) -> Carried | None:
    """Put a layer's own units on its output; None if its activation mixes them."""
    activation = getattr(call.operation, "activation", None)
    if not is_elementwise(activation) or not _channels_last(call.operation):
        return None
    return Carried(_on_last_axis(np.arange(count), call), _keeps_zero(activation))


def read_by(call: Call, here: list[Carried | None], paths: dict[int, str]) -> tuple[Slices, ...]:
    """Return the parts of kernels that read the units; none if nothing does."""
    if _kind(call) not in READ_AXIS or here[0] is None or any(here[1:]):
        return ()
    layer = call.operation
    units = _along_last_axis(here[0].units, call.shapes_in[0])
    if units is None or not _channels_last(layer) or getattr(layer, "groups", 1) > 1:
        return ()
    name, axis = READ_AXIS[_kind(call)]
    named = {weight.name: weight for weight in layer.weights}
    found = [Slices(paths[id(named[name])], axis % len(named[name].shape), units)]
    if name == "depthwise_kernel":  # and, inside the layer, what reads its channels
        pointwise = named["pointwise_kernel"]
        channels = units.repeat(layer.depth_multiplier)
        found.append(Slices(paths[id(pointwise)], len(pointwise.shape) - 2, channels))
    return tuple(found)


def through(
    call: Call, here: list[Carried | None], paths: dict[int, str], own: list[Slices]
) -> Carried | None:
    """Carry units through a call that keeps them apart; None where it is not known to.

    `own` gains the parameters on the way that are theirs alone. Without `paths` those stop them.
    """
    kind = _kind(call)
    if kind == "Concatenate":
        return _concatenate(call, here)
    arrived = here[0]
    if arrived is None or not _channels_last(call.operation):
        return None
    if kind == "BatchNormalization":
        return _normalise(call, arrived, paths, own)
    if kind in DEPTHWISE:
        return _filter(call, arrived, paths, own)
    if kind in EACH_PLACE:
        if kind == "Activation" and not is_elementwise(call.operation):
            return None
        return Carried(arrived.units, arrived.zero and _layer_keeps_zero(call))
    if kind in EACH_CHANNEL:
        units = _along_last_axis(arrived.units, call.shapes_in[0])
        return None if units is None else Carried(_on_last_axis(units, call), arrived.zero)
    if kind in _MOVES:
        moved = _MOVES[kind](call, arrived.units)
        return None if moved is None else Carried(moved, arrived.zero)
    return None


def _kind(call: Call) -> str:
    """Name the class of one of Keras' own layers; empty for ops and for classes made elsewhere."""
    return call.kind if call.is_layer else ""


def _channels_last(layer: Any) -> bool:
    return getattr(layer, "data_format", None) in ("channels_last", None)


def _keeps_zero(activation: Any) -> bool:
    """Tell whether an activation, a function or a layer, maps 0 to exactly 0."""
    if activation is None:
        return True
    return bool(np.asarray(activation(keras.ops.zeros((1, 1)))).item() == 0.0)


def _layer_keeps_zero(call: Call) -> bool:
    """Tell whether a layer that acts on every entry by itself maps 0 to exactly 0."""
    if _kind(call) in ("Rescaling", "Normalization"):
        return False
    activates = _kind(call) in ("Activation", "ELU", "LeakyReLU", "ReLU")
    return not activates or _keeps_zero(call.operation)


def _along_last_axis(units: Array, shape: tuple[int | None, ...]) -> Array | None:
    """Return the units along a tensor's last axis; None if they differ from place to place."""
    flat = units.reshape(-1, units.shape[-1])
    if (flat != flat[0]).any() or shape[-1] is None:
        return None
    return np.broadcast_to(flat[0], (shape[-1],))


def _on_last_axis(units: Array, call: Call) -> Array:
    """Lay a vector of units along the last axis of a call's output."""
    return units.reshape((1,) * (len(call.shapes_out[0]) - 2) + (-1,))


def _normalise(
    call: Call, arrived: Carried, paths: dict[int, str], own: list[Slices]
) -> Carried | None:
    """Carry units through a BatchNormalization, whose parameters become theirs.

    With γ, β and the moving mean at zero it gives 0 for a unit that is 0; with a γ, for any.
    """
    layer = call.operation
    units = _along_last_axis(arrived.units, call.shapes_in[0])
    if not paths or units is None or layer.axis not in (-1, len(call.shapes_in[0]) - 1):
        return None
    named = {weight.name: paths[id(weight)] for weight in layer.weights}
    mine = [named[name] for name in ("gamma", "beta", "moving_mean") if name in named]
    own.extend(Slices(path, 0, units) for path in mine)
    return Carried(arrived.units, arrived.zero or "gamma" in named)


def _filter(
    call: Call, arrived: Carried, paths: dict[int, str], own: list[Slices]
) -> Carried | None:
    """Carry units through a depthwise convolution, whose filters and biases become theirs."""
    layer = call.operation
    units = _along_last_axis(arrived.units, call.shapes_in[0])
    if not paths or units is None or not is_elementwise(layer.activation):
        return None
    channels = units.repeat(layer.depth_multiplier)
    own.append(Slices(paths[id(layer.kernel)], len(layer.kernel.shape) - 2, units))
    if layer.bias is not None:
        own.append(Slices(paths[id(layer.bias)], 0, channels))
    return Carried(_on_last_axis(channels, call), _keeps_zero(layer.activation))


def _concatenate(call: Call, here: list[Carried | None]) -> Carried | None:
    """Join units along the last axis, −1 standing for other layers'."""
    if call.operation.axis not in (-1, len(call.shapes_out[0]) - 1):
        return None
    parts = []
    for each, shape in zip(here, call.shapes_in, strict=True):
        nobody = np.full(shape[-1] or 0, -1)
        units = nobody if each is None else _along_last_axis(each.units, shape)
        if units is None:
            return None
        parts.append(units)
    zero = all(each.zero for each in here if each is not None)
    return Carried(_on_last_axis(np.concatenate(parts), call), zero)


def _full(call: Call, units: Array) -> Array | None:
    """Spread units over the whole shape of a call's input, where it is known."""
    shape = [size or 0 for size in call.shapes_in[0][1:]]
    return None if 0 in shape else np.broadcast_to(units, shape)


def _flatten(call: Call, units: Array) -> Array | None:
    whole = _full(call, units)
    return None if whole is None else whole.ravel()


def _reshape(call: Call, units: Array) -> Array | None:
    whole, shape = _full(call, units), [size or 0 for size in call.shapes_out[0][1:]]
    return None if whole is None or 0 in shape else whole.reshape(shape)


def _permute(call: Call, units: Array) -> Array:
    return np.transpose(units, [axis - 1 for axis in call.operation.dims])


_MOVES: dict[str, Callable[[Call, Array], Array | None]] = {
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
}
"""Layers that only put entries elsewhere."""
