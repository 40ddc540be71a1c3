"""Feature agreement of Krishna et al. 2022."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import pair
from explainprune.analysis.metrics.agreement.top_k import both_silent, membership, overlap
from explainprune.types import Array, metric


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
