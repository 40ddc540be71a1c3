"""The share of the reasons' weight that moved: the formula, wherever a model is held to another."""

from __future__ import annotations

import numpy as np

from explainprune.types.arrays import Array

ZERO = 1e-6
"""An attribution is zero below this share of its model's mean size: what float32 leaves behind."""


def moved_weights(a: Array, b: Array) -> Array:
    """Return ½ Σ |a/‖a‖₁ − b/‖b‖₁| of each row; NaN where both sides are zero, 1 where one is.

    Examples
    --------
    >>> moved_weights(np.array([[4.0, 0.0], [3.0, 1.0]]), np.array([[8.0, 0.0], [1.0, 3.0]]))
    array([0. , 0.5])
    """
    return moved(a, b, nonzero(a), nonzero(b))


def nonzero(values: Array) -> Array:
    """Say which rows of one model's attributions are more than what rounding leaves behind."""
    size = np.abs(values).sum(axis=1)
    return np.asarray((size >= ZERO * size.mean()) & (size > 0))


def moved(a: Array, b: Array, a_counts: Array, b_counts: Array) -> Array:
    """Return the moved weight where it is known which rows of either side count."""
    shares = []
    for values in (a, b):
        size = np.abs(values).sum(axis=1, keepdims=True)
        shares.append(np.divide(values, size, out=np.full(values.shape, np.nan), where=size != 0))
    distance = np.minimum(np.abs(shares[0] - shares[1]).sum(axis=1) / 2, 1.0)
    both, neither = a_counts & b_counts, ~a_counts & ~b_counts
    return np.where(both, distance, np.where(neither, np.nan, 1.0))
