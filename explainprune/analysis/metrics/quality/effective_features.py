"""How many features an explanation really uses."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.quality.shares import shares
from explainprune.types import Array, metric


@metric(
    "count",
    "Effective features",
    "how many features carry an explanation: exp(entropy)",
    better="less",
    bounds=(1.0, None),
)
def effective_features(values: Array) -> Array:
    """Return ``exp(H(|φ| / ‖φ‖₁))``, H being Shannon's entropy: k for k equal features.

    Parameters
    ----------
    values : ndarray (n, d)

    Returns
    -------
    ndarray (n,)
        In [1, d]; NaN where all are 0.

    Notes
    -----
    The Hill number of order 1 (Hill 1973, doi:10.2307/1934352); entropy as the complexity of an
    attribution is Bhatt et al. 2020 (arXiv:2005.00631).

    Examples
    --------
    >>> effective_features(np.array([[2.0, -2.0, 2.0, 0.0], [0.0, 5.0, 0.0, 0.0]])).round(6)
    array([3., 1.])
    """
    share = shares(values)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    return np.asarray(np.exp(-(share * logs).sum(axis=1)))
