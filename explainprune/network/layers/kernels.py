"""Layers that multiply by a kernel: Dense, convolutions, transposed convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import activate, check_elementwise
from explainprune.network.layers.axes import channel_axis, expect_axis, single
from explainprune.network.layers.families import TRANSPOSED
from explainprune.network.layers.kind import (
    Arrays,
    Change,
    Cut,
    Kind,
    Needs,
    Placed,
    of_itself,
)
from explainprune.network.layers.units import LeaveWhole, Ledger, Units
from explainprune.types import Array


def is_transposed(call: Call) -> bool:
    """Say whether the kernel is ``(…, out, in)``."""
    return call.kind in TRANSPOSED


def as_matrix(call: Call, kernel: Array) -> Array:
    """View a kernel as (positions, in, out)."""
    if is_transposed(call):
        kernel = np.swapaxes(kernel, -1, -2)
    return kernel.reshape(-1, *kernel.shape[-2:])


def check_plain(op: Any) -> None:
    """Raise for layers with low-rank adapters or quantised kernels."""
    if getattr(op, "lora_enabled", False) or getattr(op, "quantization_mode", None):
        raise LeaveWhole("it holds a low-rank adapter or a quantised kernel")


def pads_nothing(call: Call) -> bool:
    """Say whether the layer sees no padding, so that a constant input is constant everywhere."""
    op = call.operation
    kernel = np.atleast_1d(getattr(op, "kernel_size", 1))
    if not getattr(op, "kernel_size", None) or (kernel == 1).all():
        return not is_transposed(call) or bool((np.atleast_1d(op.strides) == 1).all())
    if is_transposed(call):
        return False
    if op.padding == "valid":
        return True
    axis = channel_axis(op, len(call.shapes_in[0]))
    sizes = [s for i, s in enumerate(call.shapes_in[0]) if i not in (0, axis)]
    if op.padding != "same" or None in sizes:
        return False
    strides, reach = np.atleast_1d(op.strides), (kernel - 1) * np.atleast_1d(op.dilation_rate) + 1
    needed = (-(-np.array(sizes) // strides) - 1) * strides + reach
    return bool((needed <= sizes).all())


def _trace(call: Call, inputs: tuple[Units, ...], ledger: Ledger) -> tuple[tuple[Units, ...], None]:
    units = single(call, inputs)
    check_plain(call.operation)
    if getattr(call.operation, "groups", 1) > 1:
        raise LeaveWhole(f"its {call.operation.groups} groups tie outputs to inputs")
    axis = channel_axis(call.operation, len(call.shapes_in[0]))
    expect_axis(call, units, axis)
    atoms = ledger.fresh(as_matrix(call, call.weights["kernel"]).shape[2])
    try:
        check_elementwise(call.operation.activation)
    except LeaveWhole as why:  # its inputs can still be cut
        ledger.note(call.path, atoms, str(why))
    return (Units(axis, atoms),), None


def _constants(placed: Placed, inputs: Arrays) -> Arrays:
    (values,), call = inputs, placed.call
    kernel = as_matrix(call, placed.weights["kernel"])
    read = (kernel != 0).any(axis=0)
    usable = np.isfinite(values) if pads_nothing(call) else values == 0
    constant = ~(read & ~usable[:, None]).any(axis=0)
    sums = np.where(usable, values, 0.0) @ kernel.sum(axis=0, dtype=np.float64)
    sums += placed.weights.get("bias", 0.0)
    if not _elementwise(call.operation.activation):
        return (np.full(len(constant), np.nan),)
    return (activate(call.operation.activation, np.where(constant, sums, np.nan)),)


def _elementwise(activation: Any) -> bool:
    try:
        check_elementwise(activation)
    except LeaveWhole:
        return False
    return True


def _needs(placed: Placed, needed: Arrays, inputs: Arrays, outputs: Arrays) -> Needs:
    kernel = as_matrix(placed.call, placed.weights["kernel"])
    wanted = needed[0] & np.isnan(outputs[0])
    reads = (kernel[:, :, wanted] != 0).any(axis=(0, 2))
    constant = np.isfinite(inputs[0])
    folds = constant if pads_nothing(placed.call) else inputs[0] == 0
    return Needs((reads,), (reads & ~folds,), (reads & ~folds & constant,))


def _change(placed: Placed, cut: Cut) -> Change:
    call = placed.call
    kernel = placed.weights["kernel"]
    rows = -1 if is_transposed(call) else -2
    total = as_matrix(call, kernel).sum(axis=0, dtype=np.float64)
    moved = cut.folded(0) @ total
    if cut.carried:
        kernel = kernel.copy()
        by_row = np.moveaxis(kernel, rows, 0)
        for _, gone, carrier, factor in cut.carried:
            by_row[carrier] += factor * by_row[gone]
    kernel = np.take(kernel, cut.inputs[0], axis=rows)
    kernel = np.take(kernel, cut.outputs[0], axis=-3 - rows)
    config = {"units" if call.kind == "Dense" else "filters": len(cut.outputs[0])}
    change = Change(config, {"kernel": kernel}, folds=bool(cut.carried))
    return with_bias(placed, cut, change, moved)


def with_bias(placed: Placed, cut: Cut, change: Change, moved: Array) -> Change:
    """Add the kept part of the bias, with the folded constants `moved` into it."""
    bias = placed.weights.get("bias")
    folds = bool(moved[cut.outputs[0]].any())
    if bias is None and not folds:
        return change
    total = (moved if bias is None else bias + moved)[cut.outputs[0]]
    dtype = placed.weights.get("kernel", next(iter(placed.weights.values()))).dtype
    config = {**change.config, **({} if bias is not None else {"use_bias": True})}
    return Change(config, {**change.weights, "bias": total.astype(dtype)}, change.folds or folds)


def _reads(placed: Placed) -> dict[str, tuple[int, Array]]:
    return {"kernel": (-1 if is_transposed(placed.call) else -2, placed.inputs[0].atoms)}


KERNEL = Kind(_trace, _constants, _needs, _change, makes=of_itself, reads=_reads)
