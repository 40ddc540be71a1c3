"""Gradient: how fast the loss changes with a weight."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def gradient(kernel_gradient: Array) -> Array:
    """``|E ∂L/∂w|``: the mean over samples first, then the absolute value.

    >>> gradient(np.array([[0.5, -0.25]]))
    array([[0.5 , 0.25]])
    """
    return np.abs(kernel_gradient)
