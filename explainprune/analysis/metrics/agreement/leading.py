"""Agreement of the k leading features, by absolute value (Krishna et al. 2022)."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import divide, pair
from explainprune.analysis.metrics.agreement.top_k import (
    above_rounding,
    both_silent,
    membership,
    overlap,
)
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


@metric("share", "Feature agreement", "leading features shared", better="more")
def feature_agreement(a: Array, b: Array, *, k: int) -> Array:
    """Return the share of the k leading features that both attributions name.

    ``|T_k(a) ∩ T_k(b)| / k``, where T_k holds the k largest by absolute value; ties at the k-th
    place share membership. Unlike `signed_top_k` it counts features that are 0 in both.

    Parameters
    ----------
    a, b : ndarray (n, d)
    k : int

    Returns
    -------
    ndarray (n,)
        In [0, 1], k/d by chance; NaN where both are 0 everywhere.

    Notes
    -----
    Krishna et al. 2022, arXiv:2202.01602.

    Examples
    --------
    >>> feature_agreement(np.array([[3.0, 2.0, 1.0]]), np.array([[-3.0, 1.0, 2.0]]), k=2)
    array([0.5])
    """
    a, b = pair(a, b, k)
    return np.where(both_silent(a, b), np.nan, overlap(membership(a, k), membership(b, k)))


@metric("share", "Sign agreement", "leading features shared, same sign", better="more")
def sign_agreement(a: Array, b: Array, *, k: int) -> Array:
    """Return the share of the k leading features that both attributions name with one sign.

    As `feature_agreement`, counting only features whose signs are equal (0 equals 0).

    Parameters
    ----------
    a, b : ndarray (n, d)
    k : int

    Returns
    -------
    ndarray (n,)
        In [0, 1], k/2d by chance; NaN where both are 0 everywhere.

    Notes
    -----
    Krishna et al. 2022, arXiv:2202.01602. See `signed_top_k` for the variant on active features.

    Examples
    --------
    >>> sign_agreement(np.array([[3.0, 2.0, 1.0]]), np.array([[-3.0, 2.0, 1.0]]), k=2)
    array([0.5])
    """
    a, b = pair(a, b, k)
    shared = overlap(membership(a, k), membership(b, k), np.sign(a) == np.sign(b))
    return np.where(both_silent(a, b), np.nan, shared)


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


@metric("share", "Rank agreement", "leading features at the same place", better="more")
def rank_agreement(a: Array, b: Array, *, k: int) -> Array:
    """Return the share of the first k places at which both attributions have the same feature.

    Places are by absolute value; tied features fill their places evenly.

    Parameters
    ----------
    a, b : ndarray (n, d)
    k : int

    Returns
    -------
    ndarray (n,)
        In [0, 1], 1/d by chance; NaN where both are 0 everywhere.

    Notes
    -----
    Krishna et al. 2022, arXiv:2202.01602.

    Examples
    --------
    >>> rank_agreement(np.array([[3.0, 2.0, 1.0]]), np.array([[-3.0, 1.0, 2.0]]), k=2)
    array([0.5])
    """
    a, b = pair(a, b, k)
    return np.where(both_silent(a, b), np.nan, shared_places(a, b, k))


@metric("share", "Signed rank agreement", "same place and sign", better="more")
def signed_rank_agreement(a: Array, b: Array, *, k: int) -> Array:
    """Return the share of the first k places with the same feature and the same sign.

    Places are by absolute value; tied features fill their places evenly; 0 has the sign of 0.

    Parameters
    ----------
    a, b : ndarray (n, d)
    k : int

    Returns
    -------
    ndarray (n,)
        In [0, 1], 1/2d by chance; NaN where both are 0 everywhere.

    Notes
    -----
    Krishna et al. 2022, arXiv:2202.01602.

    Examples
    --------
    >>> signed_rank_agreement(np.array([[3.0, 2.0, 1.0]]), np.array([[-3.0, 2.0, 1.0]]), k=2)
    array([0.5])
    """
    a, b = pair(a, b, k)
    shared = shared_places(a, b, k, np.sign(a) == np.sign(b))
    return np.where(both_silent(a, b), np.nan, shared)


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
