"""What all layers with a kernel share, and Dense."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import activate, activated, check_elementwise
from explainprune.network.layers.axes import channel_axis, expect_axis, is_channels_last, single
from explainprune.network.layers.kind import Kind, Sides, Sized, product
from explainprune.network.layers.links import Channels, Link, Matrix, nonzero
from explainprune.network.layers.passing import (
    Arrays,
    Change,
    Cut,
    Needs,
    Passing,
    Placed,
    of_itself,
)
from explainprune.network.layers.units import LeaveWhole, Ledger, Units
from explainprune.network.scalars.tensors import Reading, Tensor, channels_last
from explainprune.network.scalars.windows import Entries, Windows, matrix, plain, windows
from explainprune.types import Array

_TRANSPOSED = tuple(getattr(keras.layers, f"Conv{rank}DTranspose") for rank in (1, 2, 3))


def is_transposed(call: Call) -> bool:
    """Say whether the kernel is ``(…, out, in)``."""
    return type(call.operation) in _TRANSPOSED


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


def trace_kernel(
    call: Call, inputs: tuple[Units, ...], ledger: Ledger
) -> tuple[tuple[Units, ...], None]:
    """Give a layer new units along the axis of channels, which is the one that it reads."""
    layer, units = call.operation, single(call, inputs)
    check_plain(layer)
    if getattr(layer, "groups", 1) > 1:
        raise LeaveWhole(f"its {layer.groups} groups tie outputs to inputs")
    axis = channel_axis(layer, len(call.shapes_in[0]))
    expect_axis(call, units, axis)
    atoms = ledger.fresh(call.shapes_out[0][axis] or 0)
    try:
        check_elementwise(layer.activation)
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
    return (activate(call.operation.activation, np.where(constant, sums, np.nan)),)


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


KERNEL = Passing(trace_kernel, _constants, _needs, _change, makes=of_itself, reads=_reads)


def kernel_links(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
    """Link the last axes of input and output where a weight isn't zero."""
    return [Matrix(nonzero(call.operation.kernel))]


def used_entries(call: Call, given: Array, wanted: Array) -> list[tuple[Any, Array]]:
    """Return the live entries between a channel given and one wanted, each group apart."""
    kernel = call.operation.kernel
    live = kernel.numpy() != 0
    groups = len(given) // live.shape[-2]
    of_output = given.reshape(groups, -1).repeat(live.shape[-1] // groups, axis=0).T
    return [(kernel, live & of_output & wanted)]


def dense_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a Dense layer: a convolution of size 1 over all axes but the last."""
    (tensor,) = given
    kernel = plain(reading.weight(call.operation.kernel)[None])
    return finished(convolved(tensor, each_place(tensor), kernel, call.path), call, reading)


def convolved(tensor: Tensor, seen: Windows, kernel: Entries, name: str) -> Tensor:
    """Lay a kernel over windows."""
    affine = tensor.affine.through(matrix(seen, kernel))
    return tensor.made(affine, (*seen.shape, kernel.channels[1]), name)


def finished(tensor: Tensor, call: Call, reading: Reading) -> Tensor:
    """Add the bias and apply the activation."""
    layer = call.operation
    if layer.bias is not None:
        bias = np.resize(reading.weight(layer.bias), tensor.affine.width)
        tensor = tensor.made(tensor.affine.scaled(1.0, bias))
    return activated(tensor, layer.activation, reading, call.path)


def over_channels(ways: Callable[[Any], Array]) -> Callable[..., list[Link] | None]:
    """Build the links of a layer from ``ways(layer)``, which says what channel reads which."""

    def links(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
        if not is_channels_last(call.operation):
            return None
        return [Channels(ways(call.operation), shapes[0], out)]

    return links


def each_place(tensor: Tensor) -> Windows:
    """Return windows of one place: all axes but the last are places."""
    here = np.arange(math.prod(tensor.shape[:-1]))[:, None]
    return Windows(tensor.shape[:-1], here, len(here))


def windows_of(layer: Any, image: tuple[int, ...]) -> Windows:
    """Lay a layer's windows over an image."""
    return windows(image, layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate)


def by_position(kernel: Array) -> Array:
    """Lay a kernel's positions flat: (positions, channels, channels)."""
    return kernel.reshape(-1, *kernel.shape[-2:])


def over_windows(call: Call, given: Tensor, reading: Reading, kernel: Entries) -> Tensor:
    """Lay a kernel over the windows of a layer."""
    layer = call.operation

    def apply(tensor: Tensor) -> Tensor:
        found = convolved(tensor, windows_of(layer, tensor.shape[:-1]), kernel, call.path)
        return finished(found, call, reading)

    return channels_last(apply, given, layer.data_format)


DENSE = Kind(
    passing=KERNEL,
    links=kernel_links,
    multiply_adds=lambda call: call.numbers * call.kernel()[0],
    scalars=dense_scalars,
    used=used_entries,
    patches=lambda layer, values: tf.reshape(values, (-1, layer.kernel.shape[0])),
    input_axis=-2,
    has_units=True,
    activates=True,
)


def _einsum_multiply_adds(call: Sized) -> int:
    """Each output sums over the letters of the kernel that it doesn't have itself."""
    left, out = call.operation.equation.replace(" ", "").split("->")
    letters = zip(left.split(",")[1], call.kernel(), strict=True)
    return call.numbers * product(s for letter, s in letters if letter not in out)


def _is_dense(layer: Any) -> bool:
    """Tell whether an EinsumDense multiplies the last axis by a matrix, as ``abc,cd->abd`` does."""
    left, out = layer.equation.replace(" ", "").split("->")
    given, kernel = left.split(",")
    plain = len(kernel) == 2 and given[-1] == kernel[0] and out == given[:-1] + kernel[1]
    return plain and kernel[1] not in given and layer.bias_axes in (None, kernel[1])


def _einsum_change(placed: Placed, cut: Cut) -> Change:
    found, layer = _change(placed, cut), placed.call.operation
    config: dict[str, Any] = {
        "output_shape": (*layer.partial_output_shape[:-1], len(cut.outputs[0]))
    }
    if found.config.get("use_bias"):
        config["bias_axes"] = layer.equation.strip()[-1]
    return replace(found, config=config)


_EINSUM = Kind(multiply_adds=_einsum_multiply_adds, activates=True)
_EINSUM_AS_DENSE = replace(
    DENSE, passing=replace(KERNEL, change=_einsum_change), multiply_adds=_einsum_multiply_adds
)
EINSUM = Kind(chosen=lambda layer: _EINSUM_AS_DENSE if _is_dense(layer) else _EINSUM)
