"""Places in a ranking by absolute value, ties spread over the places that they fill."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def shared_places(a: Array, b: Array, k: int, counts: Array | bool = True) -> Array:
    """Return the share of the first k places at which both rankings have the same feature.

    Features that are tied fill their places evenly: t of them are at each of t places to 1/t. The
    result sums, over places and features that count, the smaller of the two shares; it is exactly 1
    for a = b.
    """
    first_a, last_a = _places(a)
    first_b, last_b = _places(b)
    same = _filled(np.maximum(first_a, first_b), np.minimum(last_a, last_b), k)
    share = np.minimum(1 / (last_a - first_a + 1), 1 / (last_b - first_b + 1))
    shared = np.where(counts, same * share, 0.0).sum(axis=1)
    whole = [
        (_filled(first, last, k) * (1 / (last - first + 1))).sum(axis=1)
        for first, last in ((first_a, last_a), (first_b, last_b))
    ]
    return np.asarray(shared / np.maximum(*whole))


def _places(values: Array) -> tuple[Array, Array]:
    """Return the first and last place, from 1, that each feature may take."""
    from scipy.stats import rankdata

    size = -np.abs(values)
    return rankdata(size, method="min", axis=1), rankdata(size, method="max", axis=1)


def _filled(first: Array, last: Array, k: int) -> Array:
    """Count the places from `first` to `last` that are among the first k."""
    return np.asarray(np.maximum(np.minimum(last, k) - first + 1, 0))
