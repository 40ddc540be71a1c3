"""SNIP: how sensitive the loss is to a connection's presence."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def snip(kernel: Array, kernel_gradient: Array) -> Array:
    """``|∂L/∂c|`` at ``c = 1``, where a gate c multiplies the weight; equal to ``|w · E ∂L/∂w|``.

    The same formula as `taylor`; SNIP is its use before training. Its division by the sum over all
    connections changes no rank and is left out. Lee, Ajanthan & Torr, "SNIP: single-shot network
    pruning based on connection sensitivity", 2019, arXiv:1810.02340.

    >>> snip(np.array([[2.0, 3.0]]), np.array([[0.5, -0.25]]))
    array([[1.  , 0.75]])
    """
    return np.asarray(np.abs(kernel * kernel_gradient))
