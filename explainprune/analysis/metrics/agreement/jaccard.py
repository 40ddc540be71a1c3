"""Jaccard index of the leading features."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import divide, pair
from explainprune.analysis.metrics.agreement.top_k import both_silent, membership
from explainprune.types import Array, metric


@metric("share", "Jaccard index", "leading features shared, of all that lead", better="more")
def jaccard(a: Array, b: Array, *, k: int) -> Array:
    """Return the overlap of the k leading features over their union.

    ``|T_k(a) ∩ T_k(b)| / |T_k(a) ∪ T_k(b)|``; ties at the k-th place share membership m, which
    makes it ``Σ min(m(a), m(b)) / Σ max(m(a), m(b))``.

    Parameters
    ----------
    a, b : ndarray (n, d)
    k : int

    Returns
    -------
    ndarray (n,)
        In [0, 1]; NaN where both are 0 everywhere.

    Examples
    --------
    >>> jaccard(np.array([[3.0, 2.0, 1.0]]), np.array([[3.0, 1.0, 2.0]]), k=2).round(3)
    array([0.333])
    """
    a, b = pair(a, b, k)
    left, right = membership(a, k), membership(b, k)
    shared = divide(np.minimum(left, right).sum(axis=1), np.maximum(left, right).sum(axis=1))
    return np.where(both_silent(a, b), np.nan, shared)
