"""What is added up of the activations of a layer's units, and of gradients at them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.listing import LayerInfo
from explainprune.network.statistics.answers import beside_rows
from explainprune.network.statistics.row_means import over_places
from explainprune.network.statistics.taps import by_units

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "mean_abs_activation": tf.abs,
    "zero_share": lambda a: tf.cast(a == 0, a.dtype),
}
"""What of activations is added up over rows and positions: (n, positions, units) → (units,)."""

MOMENTS = ("mean_activation", "mean_square_activation")
"""A spread is the small difference of these two: see `_moments`."""

SLOPES: dict[str, Callable[[Any, Any], Any]] = {
    "mean_abs_activation_gradient": lambda a, g: over_places(tf.abs(g)),
    "mean_abs_contribution": lambda a, g: over_places(tf.abs(tf.reduce_sum(a * g, axis=1))),
}
"""The same of activations and the loss's gradients at them."""

OVER_POSITIONS = (*ACTIVATIONS, *MOMENTS, "mean_abs_activation_gradient")
"""Means over positions too, not over rows alone."""

NEVER_NEGATIVE = ("Relu", "Relu6", "Sigmoid", "Softplus", "Softmax")
"""TensorFlow's operations whose mean is that of their absolute values."""


def activation_sums(
    activations: Any, wanted: Collection[str], never_negative: bool, weight: Any = None
) -> dict[str, Any]:
    """Return the wanted sums of `ACTIVATIONS` and `MOMENTS`, by name; rows may weigh."""
    names, found = set(wanted) & set(ACTIVATIONS), {}
    if not set(wanted).isdisjoint(MOMENTS):
        found = dict(zip(MOMENTS, _moments(activations, weight), strict=True))
        if never_negative and "mean_abs_activation" in names:
            found["mean_abs_activation"] = found["mean_activation"]
    others = {name: ACTIVATIONS[name](activations) for name in names - found.keys()}
    return {name: over_places(_weighted(each, weight)) for name, each in others.items()} | found


def _weighted(values: Any, weight: Any) -> Any:
    """Multiply rows by their weights, where they have any."""
    return values if weight is None else values * beside_rows(weight, values)


def _moments(activations: Any, weight: Any) -> tuple[Any, Any]:
    """Add up a and a² over rows and positions, in float64 where they cancel.

    With ``d = a − c``, c being one of the values, ``Σa = Σd + m c`` and
    ``Σa² = Σd² + 2c Σd + m c²``: what is rounded to float32 is then as small as the spread.
    """
    n, count, units = tf.shape(activations)[0], tf.shape(activations)[1], activations.shape[-1]
    pivot = activations[0, 0]
    # Laid along the positions, since a subtraction along a short last axis takes twice as long.
    flat = tf.reshape(activations, (n, count * units)) - tf.tile(pivot, [count])
    moved = tf.reshape(flat, (n, count, units))
    first, second, c = (
        tf.cast(part, tf.float64)
        for part in (
            over_places(_weighted(moved, weight)),
            over_places(_weighted(tf.square(moved), weight)),
            pivot,
        )
    )
    rows = tf.cast(n, tf.float64) if weight is None else tf.reduce_sum(tf.cast(weight, tf.float64))
    m = rows * tf.cast(count, tf.float64)
    return first + m * c, second + 2 * c * first + m * c**2


def never_negative(tensors: Collection[Any]) -> bool:
    """Tell whether tensors of a graph come from operations that are never negative."""
    return all(tensor.op.type in NEVER_NEGATIVE for tensor in tensors)


def positions(info: LayerInfo, tensors: list[Any]) -> Any:
    """Join the positions of all of a layer's calls: (n, positions, units)."""
    laid = [wide(by_units(info, tensor, exact=False)) for tensor in tensors]
    return laid[0] if len(laid) == 1 else tf.concat(laid, axis=1)


def per_position(name: str, total: Any, info: LayerInfo, tensors: list[Any]) -> Any:
    """Divide by the number of positions what is a mean over them."""
    if name not in OVER_POSITIONS:
        return total
    count = tf.shape(positions(info, tensors))[1]
    return total / tf.cast(count, total.dtype)


def wide(values: Any) -> Any:
    """Return half-precision numbers as float32, others as they are."""
    return tf.cast(values, tf.float32) if values.dtype.size < 4 else values
