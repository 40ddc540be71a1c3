"""Activations that act on every entry by itself: the only ones that units pass through."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.layers.units import LeaveWhole
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
