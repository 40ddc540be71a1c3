"""Agreement of two rankings of all features; ties share their ranks."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import divide, pair
from explainprune.analysis.metrics.agreement.top_k import above_rounding, both_silent
from explainprune.types import Array, metric


@metric("correlation", "Rank correlation of |φ|", "high even by chance", better="more")
def rank_correlation(a: Array, b: Array, *, k: int | None = None) -> Array:
    """Return Spearman's correlation of absolute values over all features.

    Parameters
    ----------
    a, b : ndarray (n, d)
    k : int, optional
        Not used: all features count.

    Returns
    -------
    ndarray (n,)
        In [−1, 1]; NaN where one attribution's absolute values are all equal. 0 by chance, but two
        unrelated models reach .7–.9 through the input's own pattern: read it beside the arms.

    Notes
    -----
    Krishna et al. 2022, arXiv:2202.01602.

    Examples
    --------
    >>> rank_correlation(np.array([[3.0, -2.0, 1.0]]), np.array([[-9.0, 4.0, 1.0]]))
    array([1.])
    """
    a, b = pair(a, b)
    return correlation(midranks(np.abs(a)), midranks(np.abs(b)))


@metric("correlation", "Signed rank correlation", "order of signed values", better="more")
def signed_rank_correlation(a: Array, b: Array, *, k: int | None = None) -> Array:
    """Return Spearman's correlation of signed values over features that are active in either.

    Parameters
    ----------
    a, b : ndarray (n, d)
    k : int, optional
        Not used: all active features count.

    Returns
    -------
    ndarray (n,)
        In [−1, 1], 0 by chance; NaN where fewer than two features are active or one attribution is
        constant over them.

    Examples
    --------
    >>> signed_rank_correlation([[2.0, -1.0, 0.0, 0.5]], [[1.0, -3.0, 0.0, 0.1]])
    array([1.])
    """
    a, b = pair(a, b)
    active = above_rounding(a) | above_rounding(b)
    return correlation(midranks(a, active), midranks(b, active), active)


_ENTRIES = 2**23  # of a block of (rows, d, d): 8 MB of int8


@metric("share", "Pairwise rank agreement", "pairs in the same order", better="more")
def pairwise_rank_agreement(a: Array, b: Array, *, k: int | None = None) -> Array:
    """Return the share of feature pairs that both attributions put in the same order.

    ``Σ_{i<j} [o_ij(a) = o_ij(b)] / (d(d − 1)/2)`` with ``o_ij(v) = sign(|v_i| − |v_j|)``, which has
    three values: a tie agrees with a tie only.

    Parameters
    ----------
    a, b : ndarray (n, d)
    k : int, optional
        Not used: all pairs count.

    Returns
    -------
    ndarray (n,)
        In [0, 1], ½ by chance where nothing is tied; NaN where both are 0 everywhere or d = 1.

    Notes
    -----
    Krishna et al. 2022, arXiv:2202.01602. Time grows with n·d².

    Examples
    --------
    >>> pairwise_rank_agreement(np.array([[3.0, 2.0, 2.0]]), np.array([[3.0, 2.0, 1.0]])).round(3)
    array([0.667])
    """
    a, b = pair(a, b)
    n, d = a.shape
    agreement = np.full(n, np.nan)
    if d < 2:
        return agreement
    rows = max(1, _ENTRIES // d**2)
    for start in range(0, n, rows):
        part = slice(start, start + rows)
        same = (_order(a[part]) == _order(b[part])).sum(axis=(1, 2)) - d  # the diagonal always is
        agreement[part] = same / (d * (d - 1))
    return np.where(both_silent(a, b), np.nan, agreement)


def _order(values: Array) -> Array:
    size = np.abs(values)
    left, right = size[:, :, None], size[:, None, :]
    return (left > right).astype(np.int8) - (left < right).astype(np.int8)


def midranks(values: Array, counted: Array | None = None) -> Array:
    """Rank the counted features of each row from 1; ties share their mean rank.

    >>> midranks(np.array([[10.0, 30.0, 30.0, 5.0]]))
    array([[2. , 3.5, 3.5, 1. ]])
    """
    from scipy.stats import rankdata

    if counted is not None:  # What doesn't count ranks last, and so disturbs no other rank.
        values = np.where(counted, values, np.inf)
    return np.asarray(rankdata(values, axis=1), dtype=np.float64)


def correlation(a: Array, b: Array, counted: Array | None = None) -> Array:
    """Correlate the counted entries of each row (Pearson); NaN where one side is constant."""
    counted = np.ones(a.shape, dtype=bool) if counted is None else counted
    a, b = _centred(a, counted), _centred(b, counted)
    spread = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.clip(divide((a * b).sum(axis=1), spread), -1.0, 1.0)


def _centred(values: Array, counted: Array) -> Array:
    size = np.maximum(counted.sum(axis=1, keepdims=True), 1)
    mean = np.where(counted, values, 0.0).sum(axis=1, keepdims=True) / size
    return np.where(counted, values - mean, 0.0)
