"""How many features an explanation really uses."""

from __future__ import annotations

from typing import Any

import numpy as np

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


def shares(values: Any) -> Array:
    """Return ``|φ_i| / Σ|φ|`` of each row in float64; NaN where all are 0.

    Raises
    ------
    ValueError
        If `values` isn't ``(n, d)``.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"Expected attributions (samples, features). Received: {values.shape}.")
    size = np.abs(values)
    total = size.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(size, total, out=np.full(size.shape, np.nan), where=total > 0))
