"""Magnitude: small weights go first."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def magnitude(kernel: Array) -> Array:
    """``|w|``; a unit's score is the L1 norm of its incoming weights.

    Han, Pool, Tran & Dally, "Learning both weights and connections", 2015, arXiv:1506.02626.

    >>> magnitude(np.array([[1.0, -2.0]]))
    array([[1., 2.]])
    """
    return np.abs(kernel)
