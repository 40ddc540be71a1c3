"""Random: the baseline that every criterion must beat."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def random(kernel: Array, rng: np.random.Generator) -> Array:
    """``U(0, 1)`` for each weight.

    Blalock et al., "What is the state of neural network pruning?", 2020, arXiv:2003.03033.

    >>> random(np.zeros((1, 2)), np.random.default_rng(0)).round(3)
    array([[0.637, 0.27 ]])
    """
    return np.asarray(rng.random(kernel.shape))
