"""Membership of the k leading features, ties shared."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import divide
from explainprune.types import Array


def membership(values: Array, k: int, eligible: Array | None = None) -> Array:
    """Say how far each feature belongs to the k with the largest ``|value|``.

    Features tied at the k-th place share what is left of it: with n above the tie and t in it, each
    gets ``(k − n) / t``. Memberships of a row sum to k, or to the number of eligible features where
    there are fewer.

    Parameters
    ----------
    values : ndarray (n, d)
    k : int
    eligible : ndarray of bool (n, d), optional
        Features that may belong. None: all.

    Returns
    -------
    ndarray (n, d)
        In [0, 1].

    Examples
    --------
    >>> membership(np.array([[3.0, -1.0, 1.0, 0.0]]), 2)
    array([[1. , 0.5, 0.5, 0. ]])
    """
    size = np.abs(values)
    if eligible is not None:
        size = np.where(eligible, size, -1.0)
    last = values.shape[1] - k
    threshold = np.partition(size, last, axis=1)[:, last, None]
    above, tied = size > threshold, size == threshold
    # A threshold of −1: fewer than k are eligible, and all of them are above it.
    left = np.where(threshold < 0, 0, k - above.sum(axis=1, keepdims=True))
    shared = np.asarray(left / tied.sum(axis=1, keepdims=True))
    return np.where(above, 1.0, np.where(tied, shared, 0.0))


def overlap(a: Array, b: Array, counts: Array | bool = True) -> Array:
    """Return ``Σ min(a, b)`` over features that count, over the total: exactly 1 for a = b.

    `a` and `b` are memberships. The total is the same number k for both, but summed with rounding:
    dividing by the larger of the two keeps the result within [0, 1].
    """
    shared = np.where(counts, np.minimum(a, b), 0.0).sum(axis=1)
    total = np.maximum(a.sum(axis=1), b.sum(axis=1))
    return divide(shared, total)


def both_silent(a: Array, b: Array) -> Array:
    """Say for which rows neither attribution has anything but zeros."""
    silent: Array = ~((a != 0) | (b != 0)).any(axis=1)
    return silent


ACTIVE = 1e-5
"""A feature is active above this share of its row's total: below is what rounding leaves."""


def above_rounding(values: Array) -> Array:
    """Say which features are active: above 1e-5 of their row's total."""
    size = np.abs(values)
    return np.asarray((size > ACTIVE * size.sum(axis=1, keepdims=True)) & (size > 0))
