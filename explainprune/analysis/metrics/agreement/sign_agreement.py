"""Sign agreement of Krishna et al. 2022."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import pair
from explainprune.analysis.metrics.agreement.top_k import both_silent, membership, overlap
from explainprune.types import Array, metric


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
