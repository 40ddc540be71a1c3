"""Which scored rows belong together, and how much each counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.intervals import Units
from explainprune.lookup import unknown
from explainprune.types import Array, Data


def with_clusters(data: Data, clusters: Any) -> Data:
    """Return the data with `clusters`: an entry for each scored row, or a feature's name.

    Raises
    ------
    ValueError
        If there is no such feature, or another number of entries.
    """
    from dataclasses import replace

    if clusters is None:
        return data
    if isinstance(clusters, str):
        names = list(data.feature_names or [])
        if clusters not in names or isinstance(data.x, dict):
            raise unknown("feature for clusters", clusters, names)
        clusters = data.x.reshape(len(data), -1)[:, names.index(clusters)]
    return data.with_(scored=replace(data.scored, clusters=np.asarray(clusters)))


def units_of(data: Data, x: Array, copies: str) -> Units:
    """Return weights and clusters: those given, else exact copies of a row are one cluster."""
    n = len(data)
    weighted = data.weight is not None
    weights = np.asarray(data.weight, dtype=np.float64) if weighted else np.ones(n)
    if data.clusters is not None:
        _, numbers = np.unique(data.clusters, return_inverse=True)
        return Units(weights, numbers.reshape(-1), "clusters", weighted)
    if copies == "independent":
        return Units(weights, np.arange(n), "rows", weighted)
    return Units(weights, _alike(x), "distinct rows", weighted)


NEAR = 1e-6
"""Rows whose numbers differ by less than this share of their column's spread are copies: what is
written out and read again, or computed twice, is rounded otherwise."""


def _alike(x: Array) -> Array:
    """Return a number for each row that copies share, up to rounding."""
    flat = np.asarray(x, dtype=np.float64)
    spread = flat.std(axis=0)
    step = np.where(spread > 0, NEAR * spread, 1.0)
    flat = np.ascontiguousarray(np.rint((flat - flat[0]) / step) + 0.0)  # −0 and 0 are one number
    whole = flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).ravel()
    _, numbers = np.unique(whole, return_inverse=True)
    return np.asarray(numbers)
