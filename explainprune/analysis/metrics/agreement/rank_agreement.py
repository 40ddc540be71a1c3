"""Rank agreement of Krishna et al. 2022."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import pair
from explainprune.analysis.metrics.agreement.positions import shared_places
from explainprune.analysis.metrics.agreement.top_k import both_silent
from explainprune.types import Array, metric


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
