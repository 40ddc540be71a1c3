"""Separable convolution: a depthwise step, then a kernel of one position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import activate
from explainprune.network.layers.depthwise import depthwise_ways
from explainprune.network.layers.kernels import (
    by_position,
    convolved,
    each_place,
    finished,
    over_channels,
    pads_nothing,
    trace_kernel,
    windows_of,
    with_bias,
)
from explainprune.network.layers.kind import Kind, Sized, product
from explainprune.network.layers.links import any_place
from explainprune.network.layers.passing import (
    Arrays,
    Change,
    Cut,
    Needs,
    Passing,
    Placed,
    nothing,
    of_itself,
)
from explainprune.network.scalars.tensors import Reading, Tensor, channels_last
from explainprune.network.scalars.windows import depthwise, plain
from explainprune.types import Array


def _steps(placed: Placed) -> tuple[Array, Array]:
    """Return the depthwise kernel (positions, in, mult) and the pointwise one (in, mult, out)."""
    depthwise = placed.weights["depthwise_kernel"].astype(np.float64)
    pointwise = placed.weights["pointwise_kernel"].astype(np.float64)
    inputs, each = depthwise.shape[-2:]
    return depthwise.reshape(-1, inputs, each), pointwise.reshape(inputs, each, -1)


def _paths(placed: Placed) -> Array:
    """Return which outputs (in, out) read which inputs."""
    depthwise, pointwise = _steps(placed)
    live = (depthwise != 0).any(axis=0)
    return np.asarray((live[:, :, None] & (pointwise != 0)).any(axis=1))


def _sums(placed: Placed) -> Array:
    """Return what a constant 1 at each input adds to each output away from borders."""
    depthwise, pointwise = _steps(placed)
    return np.asarray(np.einsum("im,imo->io", depthwise.sum(axis=0), pointwise))


def _foldable(placed: Placed, constants: Array) -> Array:
    return np.isfinite(constants) if pads_nothing(placed.call) else constants == 0


def _constants(placed: Placed, inputs: Arrays) -> Arrays:
    usable = _foldable(placed, inputs[0])
    constant = np.asarray(~_paths(placed)[~usable].any(axis=0))
    sums = np.where(usable, inputs[0], 0.0) @ _sums(placed) + placed.weights.get("bias", 0.0)
    return (activate(placed.call.operation.activation, np.where(constant, sums, np.nan)),)


def _needs(placed: Placed, needed: Arrays, inputs: Arrays, outputs: Arrays) -> Needs:
    wanted = needed[0] & np.isnan(outputs[0])
    reads = np.asarray(_paths(placed)[:, wanted].any(axis=1))
    return Needs((reads,), (reads & ~_foldable(placed, inputs[0]),), nothing(inputs))


def _change(placed: Placed, cut: Cut) -> Change:
    depthwise = placed.weights["depthwise_kernel"][..., cut.inputs[0], :]
    pointwise = placed.weights["pointwise_kernel"]
    inputs, each = placed.weights["depthwise_kernel"].shape[-2:]
    rows = np.arange(inputs * each).reshape(inputs, each)[cut.inputs[0]].ravel()
    pointwise = pointwise[..., rows, :][..., cut.outputs[0]]
    change = Change(
        {"filters": len(cut.outputs[0])},
        {"depthwise_kernel": depthwise, "pointwise_kernel": pointwise},
    )
    return with_bias(placed, cut, change, cut.folded(0) @ _sums(placed))


def _reads(placed: Placed) -> dict[str, tuple[int, Array]]:
    atoms = placed.inputs[0].atoms
    each = placed.weights["depthwise_kernel"].shape[-1]
    return {"depthwise_kernel": (-2, atoms), "pointwise_kernel": (-2, atoms.repeat(each))}


PASSING = Passing(trace_kernel, _constants, _needs, _change, makes=of_itself, reads=_reads)


def _ways(layer: Any) -> Array:
    ways = depthwise_ways(layer.depthwise_kernel) @ any_place(layer.pointwise_kernel)
    return np.asarray(np.minimum(ways, 1))


def _multiply_adds(call: Sized) -> int:
    kernels = (call.kernel("depthwise_kernel"), call.kernel("pointwise_kernel"))
    return call.numbers // kernels[1][-1] * sum(map(product, kernels))


def _used(call: Call, given: Array, wanted: Array) -> list[tuple[Any, Array]]:
    layer = call.operation
    depthwise = layer.depthwise_kernel.numpy() != 0
    pointwise = layer.pointwise_kernel.numpy() != 0
    inner = depthwise.shape[-2:]
    arrives = (depthwise.reshape(-1, *inner).any(axis=0) & given[:, None]).ravel()
    leaves = (pointwise.reshape(-1, *pointwise.shape[-2:]) & wanted).any(axis=(0, 2))
    return [
        (layer.depthwise_kernel, depthwise & given[:, None] & leaves.reshape(inner)),
        (layer.pointwise_kernel, pointwise & arrives[:, None] & wanted),
    ]


def _scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    layer = call.operation

    def apply(tensor: Tensor) -> Tensor:
        kernel = depthwise(by_position(reading.weight(layer.depthwise_kernel)))
        deep = convolved(tensor, windows_of(layer, tensor.shape[:-1]), kernel, call.path)
        points = plain(by_position(reading.weight(layer.pointwise_kernel)))
        found = convolved(deep, each_place(deep), points, call.path)
        return finished(found, call, reading)

    return channels_last(apply, given[0], layer.data_format)


SEPARABLE = Kind(
    passing=PASSING,
    links=over_channels(_ways),
    multiply_adds=_multiply_adds,
    scalars=_scalars,
    used=_used,
    unit_axes={"depthwise_kernel": -2},
    input_axis=-2,
    has_units=True,
    convolves=True,
    activates=True,
)
