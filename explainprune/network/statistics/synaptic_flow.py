"""How much of all paths through a network runs through each weight, without any data."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.graph.graph import Call, Graph, in_inference, read_graph
from explainprune.network.layers.activations import MIXES
from explainprune.network.layers.registry import is_each_place, kind_of
from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.network.statistics.reached import NoWayBack
from explainprune.network.statistics.taps import single_precision, take_activations
from explainprune.network.variables import uncompiled_clone, variables
from explainprune.types import Array

SCALES = (1.0, 1e-12, 1e-24, 1e-36)
"""What inputs and outputs are multiplied by, until the flow stays finite in float32."""


def synaptic_flow(model: Model, layers: Collection[LayerInfo]) -> dict[str, Array]:
    """Return ``|w| · ∂R/∂|w|`` by kernel path, where R sums the outputs of the network of ``|w|``.

    R is ``1ᵀ (Π |W|) 1``: weights become absolute values, biases zero, activation functions and
    softmax the identity, batch normalisation its absolute scale, and the input is all ones. Layers
    without such a reading (attention, recurrence) run as they are with absolute weights. Scores
    may be scaled by a constant, the same for all weights.

    Tanaka, Kunin, Yamins & Ganguli, "Pruning neural networks without any data by iteratively
    conserving synaptic flow", 2020, arXiv:2006.05467.
    """
    copy = single_precision(uncompiled_clone(model))
    held = variables(copy)
    graph = read_graph(copy)
    take_activations(graph)
    for path, variable in held.items():
        silent = path.rsplit("/", 1)[-1] == "bias"
        values = np.abs(variable.numpy())
        variable.assign(np.zeros_like(values) if silent else values)
    kernels = {path: held[path] for info in layers for path in info.kernels}
    for scale in SCALES:
        flows = _flows(graph, copy, list(kernels.values()), scale)
        if all(np.isfinite(flow).all() for flow in flows):
            break
    return dict(zip(kernels, flows, strict=True))


def _flows(graph: Graph, model: Model, kernels: list[Any], scale: float) -> list[Array]:
    inputs = [
        tf.fill((1, *(side or 1 for side in tensor.shape[1:])), tf.cast(scale, tensor.dtype))
        if keras.backend.is_float_dtype(tensor.dtype)
        else tf.zeros((1, *(side or 1 for side in tensor.shape[1:])), tensor.dtype)
        for tensor in model.inputs
    ]
    with tf.GradientTape() as tape:
        values = graph.run(inputs, _linear)
        total = scale * tf.add_n([tf.reduce_sum(values[n]) for n in graph.outputs])
    slopes = tape.gradient(total, [k.value for k in kernels])
    for kernel, slope in zip(kernels, slopes, strict=True):
        if slope is None:
            raise NoWayBack(
                f"No gradient reaches {kernel.path!r} on the way of synaptic flow: an operation "
                "without one lies between it and the outputs. Its scores would be zero."
            )
    return [
        np.asarray(np.float64(kernel.numpy()) * np.float64(tf.convert_to_tensor(slope).numpy()))
        for kernel, slope in zip(kernels, slopes, strict=True)
    ]


def _linear(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run a call as its linear, positive part."""
    known = kind_of(call.operation)
    if known.learnt_statistics:
        layer = call.operation
        scale = tf.math.rsqrt(layer.moving_variance + layer.epsilon)
        scale = scale if layer.gamma is None else scale * layer.gamma
        shape = [1] * len(args[0].shape)
        shape[layer.axis] = -1
        return args[0] * tf.reshape(scale, shape)
    function = getattr(call.operation, "activation", None)
    softmax = known.head == "softmax" or (known.bends and function in MIXES)
    if is_each_place(call.operation) or softmax:
        return args[0]
    return in_inference(call, args, kwargs)
