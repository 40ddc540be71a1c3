"""Movement: weights that training pulls towards zero go first."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def movement(kernel: Array, kernel_gradient: Array) -> Array:
    """``−w · E ∂L/∂w``: positive where a step of gradient descent would make ``|w|`` grow.

    One step of the score that is summed up during training in Sanh, Wolf & Rush, "Movement
    pruning", 2020, arXiv:2005.07683. It says most where the loss isn't at its minimum.

    >>> movement(np.array([[2.0, 2.0]]), np.array([[0.5, -0.5]]))
    array([[-1.,  1.]])
    """
    return np.asarray(-kernel * kernel_gradient)
