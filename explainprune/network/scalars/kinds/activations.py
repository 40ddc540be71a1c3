"""Activations: of each number, of a whole axis, and rectifiers with a slope on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from explainprune.network.graph.graph import Call
from explainprune.network.layers.families import own_function, own_name
from explainprune.network.scalars.affine import Affine
from explainprune.network.scalars.functions import MIXING, elementwise, relu, softmax
from explainprune.network.scalars.tensors import Head, Reading, Tensor
from explainprune.types import Array


def activated(tensor: Tensor, activation: Any, reading: Reading, name: str) -> Tensor:
    """Put a tensor through a layer's activation: a function, a name, or a layer itself."""
    kind = own_function(activation) or own_name(activation)
    if activation is None or kind == "linear":
        return tensor
    if kind == "ReLU":
        return _rectified(tensor, activation, reading, name)
    if kind in ("LeakyReLU", "PReLU", "Softmax"):
        raise ValueError(f"its activation is a layer, {kind}: put it after this one")
    if kind == "relu":
        return reading.elementwise(tensor, relu(), name)
    if kind == "leaky_relu":
        return _leaky(tensor, 0.2, reading, name)
    if kind in MIXING:
        made = reading.along(tensor, (-1,), softmax(kind), tensor.name or name)
        return _with_head(made, kind, tensor.affine, len(tensor.shape) - 1, tensor.shape)
    made = reading.elementwise(tensor, elementwise(activation, kind or _shown(activation)), name)
    return _with_head(made, kind, tensor.affine, None, tensor.shape)


def _shown(activation: Any) -> str:
    """Name a function, or an object, that isn't Keras' own."""
    return f"own {getattr(activation, '__name__', type(activation).__name__)}"


def activation_layer(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an Activation or ELU layer."""
    layer = call.operation
    return activated(given[0], getattr(layer, "activation", layer), reading, call.path)


def relu_layer(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a ReLU layer, with its slope, threshold and greatest value."""
    return _rectified(given[0], call.operation, reading, call.path)


def leaky_layer(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a LeakyReLU layer."""
    return _leaky(given[0], float(call.operation.negative_slope), reading, call.path)


def prelu(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a PReLU layer: a slope for each number, shared along some axes."""
    slope = np.broadcast_to(reading.weight(call.operation.alpha), given[0].shape)
    return _leaky(given[0], slope.ravel(), reading, call.path)


def softmax_layer(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a Softmax layer, along one axis or several."""
    if len(given) != 1:
        raise ValueError("a softmax with a mask is not known")
    (tensor,) = given
    axis = call.operation.axis
    # Keras counts the row axis.
    axes = [each - 1 if each > 0 else each for each in np.atleast_1d(axis).tolist()]
    made = reading.along(tensor, tuple(axes), softmax(), call.path)
    last = len(tensor.shape) - 1
    return _with_head(made, "softmax", tensor.affine, last, tensor.shape)


def op_activation(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an element-wise op such as ``keras.ops.relu``."""
    operation = call.operation
    name = call.kind.lower()
    if name == "relu":
        return reading.elementwise(given[0], relu(), call.path)
    made = reading.elementwise(given[0], elementwise(operation.call, call.kind), call.path)
    return _with_head(made, name, given[0].affine, None, given[0].shape)


def _rectified(tensor: Tensor, layer: Any, reading: Reading, name: str) -> Tensor:
    """Read a ReLU layer: with a ceiling or a threshold it is like any other function."""
    if layer.max_value is None and not layer.threshold:
        return _leaky(tensor, float(layer.negative_slope), reading, name)
    return reading.elementwise(tensor, elementwise(layer, "ReLU"), name)


def _leaky(tensor: Tensor, slope: Array | float, reading: Reading, name: str) -> Tensor:
    """Split ``max(x, 0) + a min(x, 0)`` into ``a x`` and a rectifier: the first is affine."""
    rectified = reading.elementwise(tensor, relu(), name)
    if not np.any(slope):
        return rectified
    affine = tensor.affine.scaled(slope).plus(rectified.affine.scaled(1.0 - np.asarray(slope)))
    return tensor.made(affine, name=rectified.name)


def _with_head(
    made: Tensor, kind: str, logits: Affine, axis: int | None, shape: tuple[int, ...]
) -> Tensor:
    """Remember what a softmax or sigmoid was given."""
    if kind not in ("softmax", "sigmoid"):
        return made
    centred = logits if axis is None else centred_logits(logits, shape)
    return Tensor(made.affine, made.shape, made.name, Head(kind, logits, centred))


def centred_logits(logits: Affine, shape: tuple[int, ...]) -> Affine:
    """Subtract the mean over the last axis."""
    if not shape or shape[-1] == 1:
        return logits
    size = shape[-1]
    each = np.eye(size) - 1.0 / size
    blocks = sparse.kron(sparse.eye_array(logits.width // size), each)
    return logits.through(sparse.csc_array(blocks))
