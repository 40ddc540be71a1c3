"""Separable convolution: a depthwise step, then a kernel of one position."""

from __future__ import annotations

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import (
    activate,
    check_elementwise,
    is_elementwise,
)
from explainprune.network.layers.axes import channel_axis, expect_axis, single
from explainprune.network.layers.kernels import check_plain, pads_nothing, with_bias
from explainprune.network.layers.kind import (
    Arrays,
    Change,
    Cut,
    Kind,
    Needs,
    Placed,
    nothing,
    of_itself,
)
from explainprune.network.layers.units import LeaveWhole, Ledger, Units
from explainprune.types import Array


def _trace(call: Call, inputs: tuple[Units, ...], ledger: Ledger) -> tuple[tuple[Units, ...], None]:
    units = single(call, inputs)
    check_plain(call.operation)
    axis = channel_axis(call.operation, len(call.shapes_in[0]))
    expect_axis(call, units, axis)
    atoms = ledger.fresh(call.operation.filters)
    try:
        check_elementwise(call.operation.activation)
    except LeaveWhole as why:
        ledger.note(call.path, atoms, str(why))
    return (Units(axis, atoms),), None


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
    if not is_elementwise(placed.call.operation.activation):
        return (np.full(len(constant), np.nan),)
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


SEPARABLE = Kind(_trace, _constants, _needs, _change, makes=of_itself, reads=_reads)
