"""Absolute attributions as shares of their sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.types import Array


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
