"""Taylor: how much the loss would change, to first order, if a weight became zero."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def taylor(kernel: Array, kernel_gradient: Array) -> Array:
    """``|w · E ∂L/∂w|``: first order, mean before the absolute value.

    Not ``w² · E (∂L/∂w)²``, which is `fisher`. Molchanov et al., "Importance estimation for neural
    network pruning", 2019, arXiv:1906.10771.

    >>> taylor(np.array([[2.0, 3.0]]), np.array([[0.5, -0.25]]))
    array([[1.  , 0.75]])
    """
    return np.asarray(np.abs(kernel * kernel_gradient))
