"""Depthwise convolutions: output channel i · multiplier + m reads input channel i alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import activate, check_elementwise
from explainprune.network.layers.axes import channel_axis, expect_axis, single
from explainprune.network.layers.kernels import (
    by_position,
    check_plain,
    over_channels,
    over_windows,
    pads_nothing,
    with_bias,
)
from explainprune.network.layers.kind import Kind, product
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.links import any_place
from explainprune.network.layers.passing import Arrays, Change, Cut, Placed, of_itself
from explainprune.network.layers.units import LeaveWhole, Ledger, Units
from explainprune.network.scalars.tensors import Reading, Tensor
from explainprune.network.scalars.windows import depthwise
from explainprune.types import Array


def one_group_each(call: Call) -> bool:
    """Say whether a convolution has one group for each input channel: it is depthwise."""
    groups = getattr(call.operation, "groups", 1)
    return bool(groups > 1 and call.weights["kernel"].shape[-2] == 1)


def _by_channel(placed_or_call: Placed | Call) -> Array:
    """View a depthwise kernel as (positions, in, multiplier)."""
    call = placed_or_call if isinstance(placed_or_call, Call) else placed_or_call.call
    kernel = call.weights["kernel"]
    if getattr(call.operation, "groups", 1) > 1:
        return kernel.reshape(-1, call.operation.groups, kernel.shape[-1] // call.operation.groups)
    return kernel.reshape(-1, *kernel.shape[-2:])


def _depthwise_links(call: Call, inputs: tuple[Units, ...]) -> Links:
    units = single(call, inputs)
    check_plain(call.operation)
    check_elementwise(call.operation.activation)
    expect_axis(call, units, channel_axis(call.operation, len(call.shapes_in[0])))
    return units.axis, (np.repeat(np.arange(len(units.atoms)), _by_channel(call).shape[2]),)


def _depthwise_constants(placed: Placed, values: Arrays) -> Array:
    kernel = _by_channel(placed).astype(np.float64)
    kernel = kernel.reshape(len(kernel), -1)
    usable = np.isfinite(values[0]) if pads_nothing(placed.call) else values[0] == 0
    usable |= (kernel == 0).all(axis=0)
    sums = np.nan_to_num(values[0], nan=0.0) * kernel.sum(axis=0) + placed.weights.get("bias", 0.0)
    return activate(placed.call.operation.activation, np.where(usable, sums, np.nan))


def _depthwise_change(placed: Placed, cut: Cut) -> Change:
    call = placed.call
    old = placed.weights["kernel"]
    kernel = _by_channel(placed)[:, cut.inputs[0]]
    config = {}
    if getattr(call.operation, "groups", 1) > 1:
        config = {"groups": len(cut.inputs[0]), "filters": len(cut.outputs[0])}
        kernel = kernel.reshape(*old.shape[:-1], len(cut.outputs[0]))
    else:
        kernel = kernel.reshape(*old.shape[:-2], *kernel.shape[1:])
    change = Change(config, {"kernel": kernel})
    return with_bias(placed, cut, change, np.zeros(len(placed.extra[0])))


PASSING = linked(_depthwise_links, _depthwise_constants, _depthwise_change, makes=of_itself)


def _grouped_trace(
    call: Call, inputs: tuple[Units, ...], ledger: Ledger
) -> tuple[tuple[Units, ...], Any]:
    if not ledger.cuts:  # its units are read as its own, whatever they would go with
        raise LeaveWhole(f"its {call.operation.groups} groups tie outputs to inputs")
    return PASSING.trace(call, inputs, ledger)


GROUPED = replace(PASSING, trace=_grouped_trace)
"""A convolution with one group for each input channel."""


def depthwise_ways(kernel: Any) -> Array:
    """Return 1.0 where an output channel reads an input channel: (channels, channels · m)."""
    ways = any_place(kernel)
    channels, multiplier = ways.shape
    spread = np.zeros((channels, channels, multiplier))
    spread[np.arange(channels), np.arange(channels)] = ways
    return spread.reshape(channels, channels * multiplier)


def _used(call: Call, given: Array, wanted: Array) -> list[tuple[Any, Array]]:
    kernel = call.operation.kernel
    live = kernel.numpy() != 0
    return [(kernel, live & given[:, None] & wanted.reshape(kernel.shape[-2:]))]


def _scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    kernel = depthwise(by_position(reading.weight(call.operation.kernel)))
    return over_windows(call, given[0], reading, kernel)


DEPTHWISE = Kind(
    passing=PASSING,
    links=over_channels(lambda layer: depthwise_ways(layer.kernel)),
    multiply_adds=lambda call: call.numbers * product(call.kernel()[:-2]),
    scalars=_scalars,
    used=_used,
    unit_axes={"kernel": -2},
    input_axis=-2,
    convolves=True,
    by_channel=True,
    activates=True,
)
