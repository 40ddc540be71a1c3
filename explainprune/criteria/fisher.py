"""Fisher: optimal brain damage with the diagonal Fisher information as curvature."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def fisher(kernel: Array, kernel_gradient_squared: Array) -> Array:
    """``½ w² · E (∂L/∂w)²``: second order; each sample's gradient is squared before the mean.

    LeCun, Denker & Solla, "Optimal brain damage", 1989; with the Fisher information for the
    Hessian, Theis et al., 2018, arXiv:1801.05787.

    >>> fisher(np.array([[2.0]]), np.array([[0.5]]))
    array([[1.]])
    """
    return np.asarray(kernel**2 * kernel_gradient_squared / 2)
