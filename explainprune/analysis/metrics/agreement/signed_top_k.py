"""Signed top-k agreement: a secondary endpoint."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import pair
from explainprune.analysis.metrics.agreement.top_k import above_rounding, membership, overlap
from explainprune.types import Array, metric


@metric(
    "share",
    "Signed top-k agreement",
    "share of the leading reasons that agree, sign included",
    better="more",
)
def signed_top_k(a: Array, b: Array, *, k: int) -> Array:
    """Return the share of leading features that both attributions name with the same sign.

    ``Σ_{i: sign a_i = sign b_i ≠ 0} min(m_i(a), m_i(b)) / k``, where m is membership of the k
    features with the largest absolute value. Features that are active in neither never count: k
    is at most the number that is active in either, above 1e-5 of its row's total. Ties at the k-th
    place share membership, so that an attribution agrees with itself at exactly 1.

    Parameters
    ----------
    a, b : ndarray (n, d)
        Two attributions of the same samples.
    k : int
        Leading features, from 1 to d.

    Returns
    -------
    ndarray (n,)
        In [0, 1]; NaN where both are 0 everywhere. For unrelated attributions k/2d on average,
        if nothing but chance made them; real explanations share the input's own pattern.

    Raises
    ------
    ValueError
        If the shapes differ, a value isn't finite or `k` is out of range.

    Notes
    -----
    Sign agreement of Krishna et al. 2022 (arXiv:2202.01602), restricted to active features.

    Examples
    --------
    >>> a = np.array([[4.0, -3.0, 2.0, 0.0]])
    >>> signed_top_k(a, np.array([[5.0, 3.0, -1.0, 0.0]]), k=2)
    array([0.5])
    """
    a, b = pair(a, b, k)
    active = above_rounding(a) | above_rounding(b)
    return overlap(membership(a, k, active), membership(b, k, active), np.sign(a) * np.sign(b) > 0)
