"""Taylor at the gate: what the loss would change, to first order, if γ became zero."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def batchnorm_taylor(scale: Array, scale_gradient: Array) -> Array:
    """``|γ · E ∂L/∂γ|`` of the batch normalisation that follows; other layers are left out.

    Molchanov et al., "Importance estimation for neural network pruning", 2019, arXiv:1906.10771.

    >>> batchnorm_taylor(np.array([0.5, -1.0]), np.array([2.0, 0.5]))
    array([1. , 0.5])
    """
    return np.asarray(np.abs(scale * scale_gradient))
