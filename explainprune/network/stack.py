"""A model as a stack of affine maps and element-wise functions, in float64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.graph import has_graph, nodes_between
from explainprune.network.protocol import Model
from explainprune.network.scores import takes_class_scores
from explainprune.types import Array

PASSED = ("InputLayer", "Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout",
          "SpatialDropout1D", "ActivityRegularization", "Identity")  # fmt: skip
ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax")


@dataclass(frozen=True)
class Stage:
    """``activation(x · kernel + bias)``; `activation` is None where it is the identity."""

    kernel: Array
    bias: Array
    activation: Callable[[Array], Array] | None
    is_relu: bool
    layer: str


@dataclass(frozen=True)
class Stack:
    """Stages applied one after the other; the last has no activation.

    Attributes
    ----------
    stages : tuple of Stage
    """

    stages: tuple[Stage, ...]

    def outputs(self, x: Array) -> Array:
        """Evaluate flat rows in float64: (n, inputs) → (n, outputs)."""
        for stage in self.stages:
            x = x @ stage.kernel + stage.bias
            if stage.activation is not None:
                x = stage.activation(x)
        return x


def dense_stack(model: Model, output: str) -> Stack:
    """Read a chain of Dense, BatchNormalization (inference) and element-wise layers.

    Parameters
    ----------
    model : keras.Model
        One input, one output, every layer fed by the one before it.
    output : str
        ``"logit"`` or ``"centred"``: a final softmax or sigmoid is looked through.

    Raises
    ------
    ValueError
        Naming the first layer or activation that doesn't fit, and why.
    """
    stages: list[Stage] = []
    for layer in _chain(model):
        kind = type(layer).__name__
        if kind in PASSED or _keeps_order(layer, first=not stages):
            continue
        if kind == "Dense":
            stages.append(_dense(layer))
            _append_activation(stages, layer.activation, layer.name)
        elif kind == "BatchNormalization":
            stages.append(_batch_normalization(layer, stages))
        elif kind in ACTIVATIONS:
            _append_activation(stages, getattr(layer, "activation", layer), layer.name)
        else:
            raise ValueError(f"layer {layer.name!r} ({kind}) is neither Dense nor element-wise")
    return Stack(_finished(_merged(stages), output, scores=takes_class_scores(model)))


def _chain(model: Model) -> list[Any]:
    """Return the layers in order, nested models opened, or raise if they don't form a chain."""
    if not has_graph(model):
        raise ValueError(f"{type(model).__name__} {model.name!r} has no known graph of layers")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(f"{model.name!r} has several inputs or outputs")
    layers: list[Any] = []
    read: set[int] = set()
    for node in nodes_between(model.outputs, {id(model.inputs[0])}):
        layer, tensors = node.operation, node.input_tensors
        if len(tensors) != 1 or id(tensors[0]) in read:
            raise ValueError(f"layer {layer.name!r} does not follow on a single other layer")
        read.add(id(tensors[0]))
        layers += _chain(layer) if isinstance(layer, keras.Model) else [layer]
    return layers


def _keeps_order(layer: Any, *, first: bool) -> bool:
    """Tell whether `layer` only re-labels the axes of flat rows."""
    kind = type(layer).__name__
    return kind in ("Flatten", "Reshape") and (first or kind == "Flatten")


def _dense(layer: Any) -> Stage:
    if len(layer.kernel.shape) != 2 or len(layer.input.shape) != 2:
        raise ValueError(f"layer {layer.name!r} (Dense) is applied along an axis, not to flat rows")
    kernel = np.asarray(layer.kernel, dtype=np.float64)
    bias = np.zeros(kernel.shape[1])
    if layer.use_bias:
        bias = np.asarray(layer.bias, dtype=np.float64)
    return Stage(kernel, bias, None, False, layer.name)


def _batch_normalization(layer: Any, stages: list[Stage]) -> Stage:
    if len(layer.input.shape) != 2:
        raise ValueError(f"layer {layer.name!r} (BatchNormalization) doesn't see flat rows")
    mean, variance = (np.asarray(v, np.float64) for v in (layer.moving_mean, layer.moving_variance))
    scale = 1 / np.sqrt(variance + layer.epsilon)
    if layer.scale:
        scale = scale * np.asarray(layer.gamma, np.float64)
    shift = -mean * scale
    if layer.center:
        shift = shift + np.asarray(layer.beta, np.float64)
    return Stage(np.diag(scale), shift, None, False, layer.name)


def _append_activation(stages: list[Stage], activation: Any, name: str) -> None:
    kind = getattr(activation, "__name__", type(activation).__name__)
    if kind in ("linear", "Linear"):
        return
    if not stages:
        raise ValueError(f"layer {name!r} is an activation of the inputs themselves")
    width = stages[-1].kernel.shape[1]
    is_relu = kind == "relu" or (
        kind == "ReLU"
        and activation.max_value is None
        and not activation.negative_slope
        and not activation.threshold
    )
    function = _relu if is_relu else _in_float64(activation, kind)
    if stages[-1].activation is not None:
        stages.append(Stage(np.eye(width), np.zeros(width), None, False, name))
    last = stages.pop()
    stages.append(Stage(last.kernel, last.bias, function, is_relu, last.layer))


def _relu(x: Array) -> Array:
    return np.maximum(x, 0.0)


def _in_float64(activation: Any, kind: str) -> Callable[[Array], Array]:
    """Evaluate any Keras activation in double precision."""
    if kind == "PReLU":
        alpha = np.asarray(activation.alpha, np.float64)
        return lambda x: np.where(x > 0, x, alpha * x)

    # A layer's own __call__ would cast to float32; its `call` doesn't.
    call = activation.call if isinstance(activation, keras.layers.Layer) else activation

    def function(x: Array) -> Array:
        return np.asarray(call(tf.constant(x, tf.float64)), dtype=np.float64)

    function.__name__ = kind
    return function


def _merged(stages: list[Stage]) -> list[Stage]:
    """Multiply affine maps that follow each other."""
    merged: list[Stage] = []
    for stage in stages:
        if merged and merged[-1].activation is None:
            before = merged.pop()
            kernel = before.kernel @ stage.kernel
            bias = before.bias @ stage.kernel + stage.bias
            stage = Stage(kernel, bias, stage.activation, stage.is_relu, stage.layer)
        merged.append(stage)
    return merged


def _finished(stages: list[Stage], output: str, *, scores: bool) -> tuple[Stage, ...]:
    """Look through a final softmax or sigmoid, and centre the logits, or class scores, if asked."""
    if not stages:
        raise ValueError("it has no Dense layer")
    last = stages.pop()
    kind = getattr(last.activation, "__name__", "")
    if last.activation is not None and kind.lower() not in ("softmax", "sigmoid"):
        raise ValueError(f"the output of layer {last.layer!r} is {kind}, which is not affine")
    kernel, bias = last.kernel, last.bias
    centres = kind.lower() == "softmax" or (not kind and scores)
    if output == "centred" and kernel.shape[1] > 1 and centres:
        kernel = kernel - kernel.mean(axis=1, keepdims=True)
        bias = bias - bias.mean()
    elif output not in ("logit", "centred"):
        raise ValueError(f"the explained output, {output!r}, is not an affine function of units")
    return (*stages, Stage(kernel, bias, None, False, last.layer))
