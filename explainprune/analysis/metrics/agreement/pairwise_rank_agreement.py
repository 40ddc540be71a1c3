"""Pairwise rank agreement of Krishna et al. 2022."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import pair
from explainprune.analysis.metrics.agreement.top_k import both_silent
from explainprune.types import Array, metric

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
