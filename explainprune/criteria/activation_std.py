"""Spread: units that hardly vary, or that hardly anything reads, go first."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def activation_std(activation_std: Array, outgoing_norm: Array) -> Array:
    """``std(a) · ‖w_out‖``: what is lost if a unit is replaced by its mean.

    A constant unit can be folded into the biases of what reads it. ‖w_out‖ is taken over all
    kernels that read the unit; layers that none reads are left out.

    >>> activation_std(np.array([0.5, 0.0]), np.array([2.0, 3.0]))
    array([1., 0.])
    """
    return np.asarray(activation_std * outgoing_norm)
