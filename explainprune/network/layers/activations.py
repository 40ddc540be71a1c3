"""Activations that act on every entry by itself: the only ones that units pass through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from explainprune.network.backend import keras
from explainprune.network.layers.families import own_function, own_name
from explainprune.network.layers.units import LeaveWhole
from explainprune.network.scalars.affine import Affine
from explainprune.network.scalars.functions import MIXING, elementwise, relu, softmax
from explainprune.network.scalars.tensors import Head, Reading, Tensor
from explainprune.types import Array

_NAMES = [
    "celu",
    "elu",
    "exponential",
    "gelu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "tanh",
    "tanh_shrink",
    "threshold",
]

ELEMENTWISE = {
    getattr(keras.activations, name) for name in _NAMES if hasattr(keras.activations, name)
}
LAYERS = tuple(getattr(keras.layers, name) for name in ("ReLU", "LeakyReLU", "ELU", "Activation"))

MIXES = (keras.activations.softmax, keras.activations.log_softmax)
"""Activation functions that read several units at once: a unit's activation is read before."""

_AFTER = (keras.layers.LeakyReLU, keras.layers.PReLU, keras.layers.Softmax)


def is_elementwise(activation: Any) -> bool:
    """Say whether `activation` is known to act entry by entry."""
    if activation is None:
        return True
    if type(activation) in LAYERS:
        return is_elementwise(getattr(activation, "activation", None))
    try:
        return activation in ELEMENTWISE
    except TypeError:  # unhashable
        return False


def mixes_units(operation: Any) -> bool:
    """Tell whether a layer applies an activation, such as softmax, that reads several units."""
    return not is_elementwise(getattr(operation, "activation", None))


def check_elementwise(activation: Any) -> None:
    """Raise `LeaveWhole` for an activation that mixes units or is unknown."""
    if not is_elementwise(activation):
        name = getattr(activation, "__name__", type(activation).__name__)
        raise LeaveWhole(f"its activation {name!r} is not known to act on each unit by itself")


def activate(activation: Any, values: Array) -> Array:
    """Apply an element-wise activation to constants; NaN stays NaN."""
    known = np.isfinite(values)
    if activation is None or not known.any():
        return values
    filled = np.where(known, values, 0.0)[None, :]
    result = np.asarray(activation(keras.ops.convert_to_tensor(filled)), dtype=np.float64)[0]
    return np.where(known & np.isfinite(result), result, np.nan)


def activated(tensor: Tensor, activation: Any, reading: Reading, name: str) -> Tensor:
    """Put a tensor through a layer's activation: a function, a name, or a layer itself."""
    kind = own_function(activation) or own_name(activation)
    if activation is None or kind == "linear":
        return tensor
    if type(activation) is keras.layers.ReLU:
        return rectified(tensor, activation, reading, name)
    if type(activation) in _AFTER:
        raise ValueError(f"its activation is a layer, {kind}: put it after this one")
    if kind in BENDS:
        return bent(tensor, BENDS[kind], reading, name)
    if kind in MIXING:
        made = reading.along(tensor, (-1,), softmax(kind), tensor.name or name)
        return with_head(made, kind, tensor.affine, len(tensor.shape) - 1, tensor.shape)
    made = reading.elementwise(tensor, elementwise(activation, kind or _shown(activation)), name)
    return with_head(made, kind, tensor.affine, None, tensor.shape)


def _shown(activation: Any) -> str:
    """Name a function, or an object, that isn't Keras' own."""
    return f"own {getattr(activation, '__name__', type(activation).__name__)}"


def rectified(tensor: Tensor, layer: Any, reading: Reading, name: str) -> Tensor:
    """Read a ReLU layer: with a threshold, where it jumps, it is like any other function."""
    if layer.threshold:
        return reading.elementwise(tensor, elementwise(layer, "ReLU"), name)
    curve = leaky(float(layer.negative_slope))
    if layer.max_value is not None:
        curve = replace(curve, bends={**curve.bends, float(layer.max_value): -1.0})
    return bent(tensor, curve, reading, name)


@dataclass(frozen=True)
class Bent:
    """A piecewise linear function: ``shift + slope x + Σ change max(x − knot, 0)``."""

    bends: Mapping[float, Array | float]
    slope: Array | float = 0.0
    shift: float = 0.0


def leaky(slope: Array | float) -> Bent:
    """Return ``max(x, 0) + slope min(x, 0)``."""
    return Bent({0.0: 1.0 - np.asarray(slope)}, slope)


def shrunk(threshold: float) -> Bent:
    """Return ``sign(x) max(|x| − threshold, 0)``."""
    return Bent({-threshold: -1.0, threshold: 1.0}, slope=1.0, shift=threshold)


BENDS = {
    "relu": leaky(0.0),
    "leaky_relu": leaky(0.2),
    "relu6": Bent({0.0: 1.0, 6.0: -1.0}),
    "hard_tanh": Bent({-1.0: 1.0, 1.0: -1.0}, shift=-1.0),
    "hard_sigmoid": Bent({-3.0: 1 / 6, 3.0: -1 / 6}),
    "soft_shrink": shrunk(0.5),
}
"""Activations that are piecewise linear, as Keras has them by default."""

CURVES: dict[str, Callable[[Any], Bent]] = {
    "Relu": lambda _: BENDS["relu"],
    "Relu6": lambda _: BENDS["relu6"],
    "HardTanh": lambda _: BENDS["hard_tanh"],
    "HardSigmoid": lambda _: BENDS["hard_sigmoid"],
    "LeakyRelu": lambda operation: leaky(float(operation.negative_slope)),
    "SoftShrink": lambda operation: shrunk(float(operation.threshold)),
    **dict.fromkeys(("Abs", "Absolute"), lambda _: Bent({0.0: 2.0}, slope=-1.0)),
}
"""The same of ``keras.ops``, by class name, as called."""


def bent(tensor: Tensor, curve: Bent, reading: Reading, name: str) -> Tensor:
    """Split a piecewise linear function into what is affine and a rectifier for each bend."""
    total = tensor.affine.scaled(curve.slope, curve.shift)
    for knot, change in curve.bends.items():
        beyond = tensor.made(tensor.affine.scaled(1.0, -knot))
        total = total.plus(reading.elementwise(beyond, relu(), name).affine.scaled(change))
    return tensor.made(total, name=tensor.name or name)


def larger(a: Affine, b: Affine, shape: tuple[int, ...], reading: Reading, name: str) -> Affine:
    """Split ``max(a, b)`` into b and a rectifier of what a is above it."""
    above = Tensor(a.plus(b.scaled(-1.0)), shape, name)
    return b.plus(reading.elementwise(above, relu(), name).affine)


def with_head(
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
