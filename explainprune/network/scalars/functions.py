"""The functions that units apply, in float64: of single numbers, and of groups of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.scalars.elements import Ends, Function
from explainprune.types import Array

RISING = frozenset(
    ("celu", "elu", "exponential", "log_sigmoid", "selu", "sigmoid", "softplus", "softsign",
     "sparse_plus", "sparse_sigmoid", "squareplus", "tanh", "ReLU", "ELU")
)  # fmt: skip
"""Activations that never fall: their bounds are their values at the bounds."""

STEEPEST = {
    "elu": 1.0,
    "log_sigmoid": 1.0,
    "sigmoid": 0.25,
    "softplus": 1.0,
    "softsign": 1.0,
    "tanh": 1.0,
}
"""The largest slopes of those among them whose slope is bounded, as Keras has them by default."""

MIXING = ("softmax", "log_softmax", "sparsemax")
"""Activations of a whole axis."""

ROUNDING = 2.0**-52
"""Twice the largest relative error of one operation in float64."""


def relu() -> Function:
    """Return ``max(x, 0)``."""
    return Function(
        "relu", lambda x: np.maximum(x, 0.0), rectified=True, bounds=_relu_bounds, apart=_relu_apart
    )


def _relu_bounds(low: Array, high: Array) -> Ends:
    return np.maximum(low, 0.0), np.maximum(high, 0.0)


def _relu_apart(a: Ends, b: Ends, difference: Ends) -> Ends:
    """Bound ``max(x, 0) − max(y, 0)``: nothing tighter holds for these three intervals."""
    least, most = difference
    return -_relu_above(b, a, (-most, -least)), _relu_above(a, b, difference)


def _relu_above(a: Ends, b: Ends, difference: Ends) -> Array:
    """Return the largest ``max(x, 0) − max(y, 0)``.

    For each y the highest x that y allows is best. With that x, the difference doesn't fall up to
    y = 0, and doesn't rise beyond: of all y that some x allows, the one nearest to 0 is best.
    """
    least, most = difference
    y = np.clip(0.0, np.maximum(b[0], a[0] - most), np.minimum(b[1], a[1] - least))
    x = np.minimum(a[1], y + most)
    rounded = 8 * ROUNDING * (np.abs(y) + np.abs(most) + np.abs(a[1]))
    found = np.maximum(x, 0.0) - np.maximum(y, 0.0) + rounded
    return np.asarray(np.minimum(found, np.maximum(most, 0.0)))


def _rising_apart(steepest: float) -> Callable[[Ends, Ends, Ends], Ends]:
    """Return the rule of functions that never fall, and rise by at most `steepest`."""

    def apart(a: Ends, b: Ends, difference: Ends) -> Ends:
        return steepest * np.minimum(difference[0], 0.0), steepest * np.maximum(difference[1], 0.0)

    return apart


def _maximum_apart(a: Ends, b: Ends, difference: Ends) -> Ends:
    """Bound what a maximum, or a minimum, moves by: no more than the number that moves most."""
    least, most = difference
    return least.min(axis=-1, keepdims=True), most.max(axis=-1, keepdims=True)


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
    steepest = STEEPEST.get(kind)
    apart = None if steepest is None else _rising_apart(steepest)
    return Function(kind, call, bounds=bounds, apart=apart)


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


def _between(call: Callable[[Array], Array]) -> Callable[[Array, Array], Ends]:
    return lambda low, high: (call(low), call(high))


def _where_constant(call: Callable[[Array], Array]) -> Callable[[Array, Array], Ends]:
    """Bound nothing but what doesn't move at all."""

    def bounds(low: Array, high: Array) -> Ends:
        fixed, value = low == high, call(low)
        return np.where(fixed, value, -np.inf), np.where(fixed, value, np.inf)

    return bounds


def _maximum(x: Array) -> Array:
    return np.asarray(x.max(axis=-1, keepdims=True))


def _minimum(x: Array) -> Array:
    return np.asarray(x.min(axis=-1, keepdims=True))


def _product(x: Array) -> Array:
    return np.asarray(x.prod(axis=-1, keepdims=True))


MAXIMUM = Function("maximum", _maximum, bounds=_between(_maximum), apart=_maximum_apart)
MINIMUM = Function("minimum", _minimum, bounds=_between(_minimum), apart=_maximum_apart)
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
