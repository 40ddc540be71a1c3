"""GraSP: weights without which the gradient would flow as well go first."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def grasp(kernel: Array, hessian_gradient: Array) -> Array:
    """``w · (H g)``: to first order, half of what ``‖g‖²`` loses if the weight becomes zero.

    g is the mean gradient of the loss and H its mean Hessian, over all kernels. Negative: without
    the weight the gradient would grow. Logits are not divided by a temperature, as the authors
    do. Wang, Zhang & Grosse, "Picking winning tickets before training by preserving gradient
    flow", 2020, arXiv:2002.07376, whose score is the negative of this one.

    >>> grasp(np.array([[2.0, 3.0]]), np.array([[0.5, -1.0]]))
    array([[ 1., -3.]])
    """
    return np.asarray(kernel * hessian_gradient)
