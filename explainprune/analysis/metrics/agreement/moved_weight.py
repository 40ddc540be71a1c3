"""Moved weight: the share of the reasons' weight that differs between two attributions."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import divide, pair
from explainprune.types import Array, metric

ZERO = 1e-6
"""An attribution is zero below this share of its model's mean size: what float32 leaves behind."""


@metric("share", "Moved weight", "share of the reasons' weight that moved", better="less")
def moved_weight(a: Array, b: Array, *, k: int | None = None) -> Array:
    r"""Return the share of the reasons' weight that moved, row by row.

    .. math:: D_i = \tfrac12 \sum_j \left| \frac{a_{ij}}{\lVert a_i \rVert_1}
              - \frac{b_{ij}}{\lVert b_i \rVert_1} \right|

    It sees signs, has no k and no ties, and does not see the scale of either side.

    Parameters
    ----------
    a, b : ndarray (n, d)
        Two attributions of the same samples.
    k : int, optional
        Not used: all features count.

    Returns
    -------
    ndarray (n,)
        In [0, 1], less is more alike. A row is zero where its size ‖·‖₁ is below 1e-6 of that
        side's mean over rows: NaN where both sides are, 1 where one is.

    Examples
    --------
    >>> a = np.array([[4.0, 0.0], [3.0, 1.0], [2.0, 0.0], [0.0, 0.0]])
    >>> moved_weight(a, np.array([[8.0, 0.0], [1.0, 3.0], [0.0, 5.0], [0.0, 1.0]]))
    array([0. , 0.5, 1. , 1. ])
    """
    a, b = pair(a, b)
    return moved(a, b, nonzero(a), nonzero(b))


def nonzero(values: Array) -> Array:
    """Say which rows of one model's attributions are more than what rounding leaves behind."""
    size = np.abs(values).sum(axis=1)
    return np.asarray((size >= ZERO * size.mean()) & (size > 0))


def moved(a: Array, b: Array, a_counts: Array, b_counts: Array) -> Array:
    """Return the moved weight where it is known which rows of either side count."""
    shares = [divide(v, np.abs(v).sum(axis=1, keepdims=True)) for v in (a, b)]
    distance = np.minimum(np.abs(shares[0] - shares[1]).sum(axis=1) / 2, 1.0)
    both, neither = a_counts & b_counts, ~a_counts & ~b_counts
    return np.where(both, distance, np.where(neither, np.nan, 1.0))
