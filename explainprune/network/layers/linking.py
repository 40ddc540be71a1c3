"""Which links a call makes between its inputs and outputs, by kind of layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.graph.graph import Call, in_inference
from explainprune.network.layers.activations import is_elementwise
from explainprune.network.layers.families import (
    BENDS,
    CONVOLUTIONS,
    DEPTHWISE,
    EACH_CHANNEL,
    EACH_PLACE,
    MERGES,
    MOVES,
    SEPARABLE,
    TRANSPOSED,
)
from explainprune.network.layers.links import Channels, Everything, Link, Matrix, Picked
from explainprune.types import Array


def links_of(call: Call, *, at_end: bool) -> list[list[Link]]:
    """Return how each output of `call` hangs together with each of its inputs.

    Dense layers, sums, scales and moves are exact. Convolutions and pooling tell channels apart,
    not places. Of anything else every output is taken to read every input. `at_end`: its output
    is the model's, so that a softmax it applies is no way from one unit to another.
    """
    shapes_in = [sized(shape) for shape in call.shapes_in]
    shapes_out = [sized(shape) for shape in call.shapes_out]
    if len(shapes_out) > 1:
        return [[Everything(shape, out) for shape in shapes_in] for out in shapes_out]
    return [_links(call, shapes_in, shapes_out[0], at_end)]


def _links(
    call: Call, shapes: list[tuple[int, ...]], out: tuple[int, ...], at_end: bool
) -> list[Link]:
    kind = call.kind
    mixes = call.is_layer and not at_end and mixes_units(call)
    if call.is_layer and kind == "Dense":
        return [Matrix(_mixed(nonzero(call.operation.kernel), mixes))]
    if call.is_layer and kind in CONVOLUTIONS and _channels_last(call):
        return [Channels(_mixed(channel_ways(call), mixes), shapes[0], out)]
    if kind == "BatchNormalization" and call.operation.axis in (-1, len(out)):
        return [_scaled(call, out)]
    if kind in MERGES or is_each_place(call):
        return [broadcast(shape, out) for shape in shapes]
    if kind in MOVES:
        return moved(call, shapes, out)
    if kind in EACH_CHANNEL and _channels_last(call):
        return [Channels(np.eye(out[-1]), shape, out) for shape in shapes]
    if kind == "Embedding":
        tokens = broadcast((*shapes[0], 1), out)
        return [Picked(tokens.index, shapes[0])]
    if kind in ("LayerNormalization", "RMSNormalization", "Softmax") and _last_axis(call, out):
        return [Matrix(np.ones((out[-1], out[-1])), exact=False)]
    return [Everything(shape, out) for shape in shapes]


def sized(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """Return the sizes of one row; open ones count as one: all places stand for each other."""
    return tuple(side or 1 for side in shape[1:])


def nonzero(kernel: Any) -> Array:
    """Return 1.0 where a weight isn't zero."""
    return np.asarray(kernel.numpy() != 0, dtype=np.float64)


def channel_ways(call: Call) -> Array:
    """Return 1.0 where a convolution's output channel reads an input channel at any place."""
    layer, kind = call.operation, call.kind
    if kind in SEPARABLE:
        depthwise = _depthwise_ways(nonzero(layer.depthwise_kernel))
        pointwise = nonzero(layer.pointwise_kernel)
        ways = depthwise @ pointwise.reshape(pointwise.shape[-2:])
        return np.asarray(np.minimum(ways, 1))
    if kind in DEPTHWISE:
        return _depthwise_ways(nonzero(layer.kernel))
    kernel = nonzero(layer.kernel)
    ways = kernel.reshape(-1, *kernel.shape[-2:]).max(axis=0)
    if kind in TRANSPOSED:
        return np.asarray(ways.T)
    # Each group of outputs reads its own group of inputs.
    groups = layer.groups
    spread = np.zeros((groups, ways.shape[0], groups, ways.shape[1] // groups))
    each = ways.reshape(ways.shape[0], groups, -1)
    spread[np.arange(groups), :, np.arange(groups)] = each.transpose(1, 0, 2)
    return spread.reshape(groups * ways.shape[0], ways.shape[1])


def _depthwise_ways(kernel: Array) -> Array:
    """Output channel i · multiplier + m reads input channel i alone."""
    ways = kernel.reshape(-1, *kernel.shape[-2:]).max(axis=0)
    channels, multiplier = ways.shape
    spread = np.zeros((channels, channels, multiplier))
    spread[np.arange(channels), np.arange(channels)] = ways
    return spread.reshape(channels, channels * multiplier)


def mixes_units(call: Call) -> bool:
    """Tell whether a layer applies an activation, such as softmax, that reads several units."""
    return not is_elementwise(getattr(call.operation, "activation", None))


def _mixed(ways: Array, mixes: bool) -> Array:
    return np.minimum(ways @ np.ones((ways.shape[1],) * 2), 1) if mixes else ways


def is_each_place(call: Call) -> bool:
    """Tell whether a call works on each number alone."""
    if call.kind == "Activation":
        return is_elementwise(call.operation)
    return call.kind in EACH_PLACE or (not call.is_layer and call.kind in BENDS)


def _channels_last(call: Call) -> bool:
    return getattr(call.operation, "data_format", None) in (None, "channels_last")


def _last_axis(call: Call, out: tuple[int, ...]) -> bool:
    axis = getattr(call.operation, "axis", -1)
    return axis in (-1, len(out), [-1], [len(out)])


def broadcast(shape: tuple[int, ...], out: tuple[int, ...]) -> Picked:
    """Link each output number to the one at its place, an axis of one serving all."""
    index = np.arange(math.prod(shape)).reshape(shape)
    return Picked(np.broadcast_to(index, out), shape)


def _scaled(call: Call, out: tuple[int, ...]) -> Picked:
    """Link each number to itself where γ isn't zero."""
    gamma = call.operation.gamma
    kept = np.ones(out[-1], bool) if gamma is None else gamma.numpy() != 0
    return Picked(np.where(kept, np.arange(math.prod(out)).reshape(out), -1), out)


def moved(call: Call, shapes: list[tuple[int, ...]], out: tuple[int, ...]) -> list[Link]:
    """Learn where numbers go by letting the call move numbered ones."""
    starts = np.cumsum([0, *(math.prod(shape) for shape in shapes)])
    numbers = [
        tf.reshape(tf.range(start + 1, end + 1, dtype=tf.float32), (1, *shape))
        for start, end, shape in zip(starts[:-1], starts[1:], shapes, strict=True)
    ]
    args, kwargs = call.filled(dict(zip(call.inputs, numbers, strict=True)))
    try:
        arrived = np.asarray(in_inference(call, args, kwargs))[0]
    except (ValueError, TypeError, tf.errors.InvalidArgumentError):
        arrived = np.zeros(())  # sizes left open: the shape below won't fit
    places = np.round(arrived).astype(np.int64) - 1
    if arrived.shape != out or starts[-1] >= 2**24 or (places + 1 != arrived).any():
        return [Everything(shape, out) for shape in shapes]
    return [
        Picked(np.where((places >= start) & (places < end), places - start, -1), shape)
        for start, end, shape in zip(starts[:-1], starts[1:], shapes, strict=True)
    ]
