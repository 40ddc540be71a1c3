"""Rank correlation of signed attributions."""

from __future__ import annotations

from explainprune.analysis.metrics.agreement.pairs import pair
from explainprune.analysis.metrics.agreement.ranks import correlation, midranks
from explainprune.analysis.metrics.agreement.top_k import above_rounding
from explainprune.types import Array, metric


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
