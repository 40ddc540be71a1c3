"""Ranks with ties, and their correlation."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import divide
from explainprune.types import Array


def midranks(values: Array, counted: Array | None = None) -> Array:
    """Rank the counted features of each row from 1; ties share their mean rank.

    >>> midranks(np.array([[10.0, 30.0, 30.0, 5.0]]))
    array([[2. , 3.5, 3.5, 1. ]])
    """
    from scipy.stats import rankdata

    if counted is not None:  # What doesn't count ranks last, and so disturbs no other rank.
        values = np.where(counted, values, np.inf)
    return np.asarray(rankdata(values, axis=1), dtype=np.float64)


def correlation(a: Array, b: Array, counted: Array | None = None) -> Array:
    """Correlate the counted entries of each row (Pearson); NaN where one side is constant."""
    counted = np.ones(a.shape, dtype=bool) if counted is None else counted
    a, b = _centred(a, counted), _centred(b, counted)
    spread = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.clip(divide((a * b).sum(axis=1), spread), -1.0, 1.0)


def _centred(values: Array, counted: Array) -> Array:
    size = np.maximum(counted.sum(axis=1, keepdims=True), 1)
    mean = np.where(counted, values, 0.0).sum(axis=1, keepdims=True) / size
    return np.where(counted, values - mean, 0.0)
