"""Random: the baseline that every criterion must beat."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def random(kernel: Array, units: int, level: str, rng: np.random.Generator) -> Array:
    """``U(0, 1)`` for each weight, or for each unit where units are asked for.

    A unit's sum over its weights would not do: sums over many weights hardly vary, so that units
    with few weights would all go first.

    Blalock et al., "What is the state of neural network pruning?", 2020, arXiv:2003.03033.

    >>> random(np.zeros((1, 2)), 2, "weight", np.random.default_rng(0)).round(3)
    array([[0.637, 0.27 ]])
    """
    return np.asarray(rng.random(units if level == "unit" else kernel.shape))
