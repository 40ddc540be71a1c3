"""Wanda: magnitude times the size of what the weight reads."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def wanda(kernel: Array, input_norm: Array) -> Array:
    """``|w| · ‖x‖``, where ‖x‖ is the norm over samples and positions of the feature it reads.

    ‖x‖² is a mean over samples here, so that scores don't grow with their number. Sun, Liu, Bair &
    Kolter, "A simple and effective pruning approach for large language models", 2023,
    arXiv:2306.11695.

    >>> wanda(np.array([[2.0, -1.0]]), np.array([[3.0]]))
    array([[6., 3.]])
    """
    return np.asarray(np.abs(kernel) * input_norm)
