"""Normalisation: affine with known statistics, else a function of all that it mixes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.axes import expect_axis, single
from explainprune.network.layers.kind import Kind, Sides
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.links import Link, Matrix, Picked
from explainprune.network.layers.passing import Arrays, Change, Cut, Placed
from explainprune.network.layers.units import Units
from explainprune.network.scalars.functions import root_mean_square, standardised, unit_norm
from explainprune.network.scalars.tensors import Reading, Tensor
from explainprune.types import Array


def _kept_in_place(call: Call, inputs: tuple[Units, ...]) -> Links:
    units = single(call, inputs)
    axis = call.operation.axis if isinstance(call.operation.axis, int) else call.operation.axis[0]
    expect_axis(call, units, axis % len(call.shapes_in[0]))
    return units.axis, (np.arange(len(units.atoms)),)


def _normalised(placed: Placed, values: Arrays) -> Array:
    w = placed.weights
    scale = w.get("gamma", 1.0) / np.sqrt(
        np.asarray(w["moving_variance"], dtype=np.float64) + placed.call.operation.epsilon
    )
    scaled = np.where(scale == 0, 0.0, (values[0] - w["moving_mean"]) * scale)
    return np.asarray(scaled + w.get("beta", 0.0))


def _slice_all(placed: Placed, cut: Cut) -> Change:
    kept = {name: values[cut.outputs[0]] for name, values in placed.weights.items()}
    return Change({}, kept)


PASSING = linked(_kept_in_place, _normalised, _slice_all)


def _batch_links(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
    """Link each number to itself where γ isn't zero."""
    if call.operation.axis not in (-1, len(out)):
        return None
    gamma = call.operation.gamma
    return [scaled_link(np.ones(out[-1], bool) if gamma is None else gamma.numpy() != 0, out)]


def scaled_link(kept: Array, out: Sides) -> Link:
    """Link each number to itself where the factor of its unit isn't zero."""
    return Picked(np.where(kept, np.arange(math.prod(out)).reshape(out), -1), out)


def mixed_links(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
    """Let every number along the last axis read every other."""
    if call.operation.axis not in (-1, len(out), [-1], [len(out)]):
        return None
    return [Matrix(np.ones((out[-1], out[-1])), exact=False)]


def _batch_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a batch normalisation with its moving statistics."""
    layer, (tensor,) = call.operation, given
    factor = 1.0 / np.sqrt(reading.weight(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        factor = factor * reading.weight(layer.gamma)
    shift = -reading.weight(layer.moving_mean) * factor
    if layer.center:
        shift = shift + reading.weight(layer.beta)
    axes = _axes(layer.axis, tensor)
    scaled_by = [_spread(values, tensor, axes) for values in (factor, shift)]
    return tensor.made(tensor.affine.scaled(*scaled_by))


def _layer_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a layer normalisation: it mixes what lies along its axes."""
    layer, (tensor,) = call.operation, given
    if getattr(layer, "rms_scaling", False):
        raise ValueError("layer normalisation with rms_scaling is not known")
    axes = _axes(layer.axis, tensor)
    made = reading.along(tensor, axes, standardised(layer.epsilon), call.path)
    gamma = reading.weight(layer.gamma) if layer.scale else None
    return _rescaled(made, gamma, reading.weight(layer.beta) if layer.center else None, axes)


def _rms_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a normalisation by the root mean square."""
    layer, (tensor,) = call.operation, given
    axes = _axes(layer.axis, tensor)
    made = reading.along(tensor, axes, root_mean_square(layer.epsilon), call.path)
    return _rescaled(made, reading.weight(layer.scale), None, axes)


def _unit_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a normalisation to length 1."""
    layer, (tensor,) = call.operation, given
    return reading.along(tensor, _axes(layer.axis, tensor), unit_norm(), call.path)


def _group_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a group normalisation: a group holds some channels at all positions."""
    layer, (tensor,) = call.operation, given
    (axis,) = _axes(layer.axis, tensor)
    channels = tensor.shape[axis]
    groups = channels if layer.groups == -1 else layer.groups
    split = (*tensor.shape[:axis], groups, channels // groups, *tensor.shape[axis + 1 :])
    mixed = tuple(each for each in range(len(split)) if each != axis)
    made = reading.along(
        replace(tensor, shape=split), mixed, standardised(layer.epsilon), call.path
    )
    whole = tensor.made(made.affine, name=call.path)
    gamma = reading.weight(layer.gamma) if layer.scale else None
    return _rescaled(whole, gamma, reading.weight(layer.beta) if layer.center else None, (axis,))


def _axes(axis: Any, tensor: Tensor) -> tuple[int, ...]:
    """Return axes without the row axis, which Keras counts."""
    rank = len(tensor.shape) + 1
    return tuple(int(each) % rank - 1 for each in np.atleast_1d(axis))


def _spread(values: Array, tensor: Tensor, axes: tuple[int, ...]) -> Array:
    """Lay parameters out over a tensor's entries."""
    shape = [size if axis in axes else 1 for axis, size in enumerate(tensor.shape)]
    if math.prod(shape) != values.size:
        raise ValueError(f"parameters of shape {values.shape} don't lie along axes {axes}")
    return np.broadcast_to(values.reshape(shape), tensor.shape).ravel()


def _rescaled(
    tensor: Tensor, factor: Array | None, shift: Array | None, axes: tuple[int, ...]
) -> Tensor:
    by = 1.0 if factor is None else _spread(factor, tensor, axes)
    to = 0.0 if shift is None else _spread(shift, tensor, axes)
    return tensor.made(tensor.affine.scaled(by, to))


def _mixing(scalars: Callable[..., Tensor], links: Any = mixed_links) -> Kind:
    return Kind(
        passing="it normalises each row over its units",
        links=links,
        multiply_adds=lambda call: call.numbers,
        scalars=scalars,
    )


BATCH = Kind(
    passing=PASSING,
    links=_batch_links,
    multiply_adds=lambda call: call.numbers,
    scalars=_batch_scalars,
    learnt_statistics=True,
)
LAYER, RMS, UNIT = _mixing(_layer_scalars), _mixing(_rms_scalars), _mixing(_unit_scalars)
GROUP = _mixing(_group_scalars, links=None)
