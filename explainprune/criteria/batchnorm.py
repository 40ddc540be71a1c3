"""Batch normalisation scale: channels that are scaled down go first."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def batchnorm(scale: Array) -> Array:
    """``|γ|`` of the batch normalisation that follows; layers without one are left out.

    Liu et al., "Learning efficient convolutional networks through network slimming", 2017,
    arXiv:1708.06519.

    >>> batchnorm(np.array([0.5, -1.0]))
    array([0.5, 1. ])
    """
    return np.abs(scale)
