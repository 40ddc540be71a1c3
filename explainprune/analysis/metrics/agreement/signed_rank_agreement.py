"""Signed rank agreement of Krishna et al. 2022."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import pair
from explainprune.analysis.metrics.agreement.positions import shared_places
from explainprune.analysis.metrics.agreement.top_k import both_silent
from explainprune.types import Array, metric


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
