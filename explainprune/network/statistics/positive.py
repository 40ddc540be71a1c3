"""The z⁺ rule for one layer: what came from above goes to positive contributions alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.graph.graph import Graph
from explainprune.network.layers.families import BENT, own_name
from explainprune.network.protocol import Model
from explainprune.network.variables import located_layers, uncompiled_clone, variables

EPSILON = 1e-6
"""Keeps quotients finite; relative to the largest value of each sample."""


@dataclass(frozen=True)
class Stage:
    """A product with one kernel: with the whole of it, its positive and its negative entries."""

    whole: Callable[[Any], Any]
    up: Callable[[Any], Any]
    down: Callable[[Any], Any]


def shared_by_positive(stages: tuple[Stage, ...], data: Any, arrived: Any) -> Any:
    """Share what arrived at a layer by ``q_ij = max(a_i w_ij, 0)``, kernel by kernel."""
    read = [data]
    for stage in stages[:-1]:
        read.append(stage.whole(read[-1]))
    for stage, values in zip(reversed(stages), reversed(read), strict=True):
        parts = [tf.nn.relu(values), tf.minimum(values, 0)]
        with tf.GradientTape() as tape:
            tape.watch(parts)
            made = stage.up(parts[0]) + stage.down(parts[1])
        shares = tape.gradient(
            made, parts, output_gradients=tf.cast(over(arrived, made), made.dtype)
        )
        arrived = tf.add_n([part * share for part, share in zip(parts, shares, strict=True)])
    return arrived


def over(arrived: Any, made: Any) -> Any:
    """Divide, with a small number of the divisor's sign added to it."""
    axes = list(range(1, len(made.shape)))
    small = EPSILON * tf.reduce_max(tf.abs(made), axis=axes, keepdims=True)
    return tf.math.divide_no_nan(arrived, made + tf.where(made < 0, -small, small))


def positive_parts(
    model: Model, graph: Graph, has_units: Callable[[Any], bool]
) -> dict[int, tuple[Stage, ...]]:
    """Return the stages of Dense layers and convolutions, by layer id."""
    twins = [_bare(model, part) for part in (np.asarray, _positive, _negative)]
    found: dict[int, tuple[Stage, ...]] = {}
    for call in graph.calls:
        if has_units(call):
            layers = [twin[call.path] for twin in twins]
            separable = hasattr(layers[0], "pointwise_kernel")
            found[id(call.operation)] = tuple(
                Stage(*(function(layer) for layer in layers))
                for function in ((_depthwise, _pointwise) if separable else (_called,))
            )
    return found


def _positive(values: Any) -> Any:
    return np.maximum(values, 0)


def _negative(values: Any) -> Any:
    return np.minimum(values, 0)


def _bare(model: Model, part: Callable[[Any], Any]) -> dict[str, Any]:
    """Clone a model's layers by path, with a part of their kernels, no biases, no activations."""
    twin = uncompiled_clone(model)
    for path, variable in variables(twin).items():
        name = path.rsplit("/", 1)[-1]
        if name == "bias":
            variable.assign(np.zeros_like(variable.numpy()))
        elif name.endswith("kernel"):
            variable.assign(part(variable.numpy()))
    layers = dict(located_layers(twin))
    for layer in layers.values():
        if own_name(layer) in BENT:
            layer.activation = keras.activations.linear
    return layers


def _called(layer: Any) -> Callable[[Any], Any]:
    return lambda data: layer(data)


def _depthwise(layer: Any) -> Callable[[Any], Any]:
    """Return the first product of a separable convolution."""
    return lambda data: keras.ops.depthwise_conv(
        data,
        layer.depthwise_kernel,
        strides=layer.strides,
        padding=layer.padding,
        data_format=layer.data_format,
        dilation_rate=layer.dilation_rate,
    )


def _pointwise(layer: Any) -> Callable[[Any], Any]:
    """Return the second one."""
    return lambda data: keras.ops.conv(
        data, layer.pointwise_kernel, padding="valid", data_format=layer.data_format
    )
