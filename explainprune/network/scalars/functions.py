"""The functions that units apply, in float64: of single numbers, and of groups of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.scalars.elements import Function
from explainprune.types import Array

Bounds = tuple[Array, Array]

RISING = frozenset(
    ("celu", "elu", "exponential", "log_sigmoid", "selu", "sigmoid", "softplus", "softsign",
     "sparse_plus", "sparse_sigmoid", "squareplus", "tanh", "ReLU", "ELU")
)  # fmt: skip
"""Activations that never fall: their bounds are their values at the bounds."""

MIXING = ("softmax", "log_softmax", "sparsemax")
"""Activations of a whole axis."""


def relu() -> Function:
    """Return ``max(x, 0)``."""
    return Function("relu", lambda x: np.maximum(x, 0.0), rectified=True, bounds=_relu_bounds)


def _relu_bounds(low: Array, high: Array) -> Bounds:
    return np.maximum(low, 0.0), np.maximum(high, 0.0)


def elementwise(activation: Any, kind: str) -> Function:
    """Return any Keras activation in double precision.

    Raises
    ------
    ValueError
        If it is not applied to each number alone.
    """
    call = in_float64(activation)
    if kind not in dir(keras.activations):
        _check_alone(call, kind)
    bounds = _between(call) if kind in RISING else _where_constant(call)
    return Function(kind, call, bounds=bounds)


def in_float64(activation: Any) -> Callable[[Array], Array]:
    """Evaluate a Keras activation, or a layer of one, in double precision."""
    # A layer's own __call__ would cast to float32; its `call` doesn't.
    call = activation.call if isinstance(activation, keras.layers.Layer) else activation

    def function(x: Array) -> Array:
        return np.asarray(call(tf.constant(x, tf.float64)), dtype=np.float64)

    return function


def _check_alone(call: Callable[[Array], Array], kind: str) -> None:
    """Raise unless numbers don't change each other's result."""
    some = np.linspace(-2.0, 2.0, 12).reshape(3, 4)
    alone = call(some.reshape(-1, 1)).reshape(3, 4) if call(some).shape == (3, 4) else None
    if alone is None or np.abs(call(some) - alone).max() > 1e-12 * np.abs(alone).max():
        raise ValueError(f"its activation, {kind}, mixes numbers in a way that isn't known")


def _between(call: Callable[[Array], Array]) -> Callable[[Array, Array], Bounds]:
    return lambda low, high: (call(low), call(high))


def _where_constant(call: Callable[[Array], Array]) -> Callable[[Array, Array], Bounds]:
    """Bound nothing but what doesn't move at all."""

    def bounds(low: Array, high: Array) -> Bounds:
        fixed, value = low == high, call(low)
        return np.where(fixed, value, -np.inf), np.where(fixed, value, np.inf)

    return bounds


def _maximum(x: Array) -> Array:
    return np.asarray(x.max(axis=-1, keepdims=True))


def _minimum(x: Array) -> Array:
    return np.asarray(x.min(axis=-1, keepdims=True))


def _product(x: Array) -> Array:
    return np.asarray(x.prod(axis=-1, keepdims=True))


MAXIMUM = Function("maximum", _maximum, bounds=_between(_maximum))
MINIMUM = Function("minimum", _minimum, bounds=_between(_minimum))
PRODUCT = Function("product", _product)


def softmax(kind: str = "softmax") -> Function:
    """Return an activation of a whole axis."""
    return Function(kind, in_float64(getattr(keras.activations, kind)))


def standardised(epsilon: float) -> Function:
    """Return ``(x − mean) / sqrt(variance + ε)`` over each group."""

    def call(x: Array) -> Array:
        away = x - x.mean(axis=-1, keepdims=True)
        scaled: Array = away / np.sqrt((away**2).mean(axis=-1, keepdims=True) + epsilon)
        return scaled

    return Function("standardise", call)


def root_mean_square(epsilon: float) -> Function:
    """Return ``x / sqrt(mean x² + ε)`` over each group."""
    return Function("rms", lambda x: x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + epsilon))


def unit_norm() -> Function:
    """Return ``x / |x|₂`` over each group, as Keras guards it."""
    return Function(
        "unit_norm", lambda x: x / np.sqrt(np.maximum((x**2).sum(axis=-1, keepdims=True), 1e-12))
    )
