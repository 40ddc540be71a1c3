"""Rank correlation of absolute attributions."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import pair
from explainprune.analysis.metrics.agreement.ranks import correlation, midranks
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
