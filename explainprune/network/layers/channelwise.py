"""Layers with weights for each unit: normalisation by statistics, depthwise convolution, PReLU."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.activations import activate, check_elementwise
from explainprune.network.layers.axes import channel_axis, expect_axis, single
from explainprune.network.layers.kernels import check_plain, pads_nothing, with_bias
from explainprune.network.layers.kind import Arrays, Change, Cut, Placed, of_itself
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.passing import pass_on
from explainprune.network.layers.units import LeaveWhole, Ledger, Units
from explainprune.types import Array


def _batch_norm_links(call: Call, inputs: tuple[Units, ...]) -> Links:
    units = single(call, inputs)
    axis = call.operation.axis if isinstance(call.operation.axis, int) else call.operation.axis[0]
    expect_axis(call, units, axis % len(call.shapes_in[0]))
    return units.axis, (np.arange(len(units.atoms)),)


def _batch_norm_constants(placed: Placed, values: Arrays) -> Array:
    w = placed.weights
    scale = w.get("gamma", 1.0) / np.sqrt(
        np.asarray(w["moving_variance"], dtype=np.float64) + placed.call.operation.epsilon
    )
    scaled = np.where(scale == 0, 0.0, (values[0] - w["moving_mean"]) * scale)
    return np.asarray(scaled + w.get("beta", 0.0))


def _slice_all(placed: Placed, cut: Cut) -> Change:
    kept = {name: values[cut.outputs[0]] for name, values in placed.weights.items()}
    return Change({}, kept)


BATCH_NORM = linked(_batch_norm_links, _batch_norm_constants, _slice_all)


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


DEPTHWISE = linked(_depthwise_links, _depthwise_constants, _depthwise_change, makes=of_itself)


def _grouped_trace(
    call: Call, inputs: tuple[Units, ...], ledger: Ledger
) -> tuple[tuple[Units, ...], Any]:
    if not ledger.cuts:  # its units are read as its own, whatever they would go with
        raise LeaveWhole(f"its {call.operation.groups} groups tie outputs to inputs")
    return DEPTHWISE.trace(call, inputs, ledger)


GROUPED = replace(DEPTHWISE, trace=_grouped_trace)
"""A convolution with one group for each input channel."""


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


PRELU = linked(pass_on, _prelu_constants, _prelu_change, uncut=_shares_slopes)
