"""Gini index of an attribution."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.quality.shares import shares
from explainprune.types import Array, metric


@metric(
    "number",
    "Gini index of |φ|",
    "1: one feature carries everything",
    better="more",
    bounds=(0.0, 1.0),
)
def gini(values: Array) -> Array:
    """Return how unevenly ``|φ|`` is spread over features: 0 even, 1 − 1/d all on one.

    ``1 − 2 Σ_i s_(i) (d − i + ½)/d``, where s_(1) ≤ … ≤ s_(d) are the shares ``|φ|/‖φ‖₁``, sorted.

    Parameters
    ----------
    values : ndarray (n, d)

    Returns
    -------
    ndarray (n,)
        NaN where all are 0.

    Notes
    -----
    Hurley & Rickard 2009 (arXiv:0811.4706); Chalasani et al. 2020 (arXiv:1810.06583).

    Examples
    --------
    >>> gini(np.array([[1.0, 1.0], [0.0, 3.0]]))
    array([0. , 0.5])
    """
    ordered = np.sort(shares(values), axis=1)
    d = ordered.shape[1]
    weight = (d - np.arange(1, d + 1) + 0.5) / d
    return np.asarray(1 - 2 * ordered @ weight)
