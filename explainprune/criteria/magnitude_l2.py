"""Squared magnitude: for units, the L2 norm in place of L1."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def magnitude_l2(kernel: Array) -> Array:
    """``w²``; weights rank as by `magnitude`, a unit's score is its squared L2 norm.

    Li et al., "Pruning filters for efficient ConvNets", 2017, arXiv:1608.08710.

    >>> magnitude_l2(np.array([[1.0, -2.0]]))
    array([[1., 4.]])
    """
    return np.square(kernel)
