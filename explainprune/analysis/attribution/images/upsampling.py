"""Small maps stretched over images."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def upsampled(maps: Array, sizes: tuple[int, ...]) -> Array:
    """Stretch maps (n, *places) to (n, *sizes), linearly along each axis.

    Cell i of m covers the share [i/m, (i+1)/m) of its axis and holds the value of its middle;
    beyond the middles of the outermost cells their values stay.

    >>> upsampled(np.array([[0.0, 1.0]]), (4,))
    array([[0.  , 0.25, 0.75, 1.  ]])
    """
    for axis, size in enumerate(sizes, start=1):
        weights = _interpolation(maps.shape[axis], size)
        maps = np.moveaxis(np.tensordot(maps, weights, axes=(axis, 1)), -1, axis)
    return maps


def _interpolation(before: int, after: int) -> Array:
    """Return the weight of each cell in each new one: (after, before)."""
    at = np.clip((np.arange(after) + 0.5) * before / after - 0.5, 0, before - 1)
    low = np.minimum(at.astype(int), max(before - 2, 0))
    weights = np.zeros((after, before))
    weights[np.arange(after), low] = 1 - (at - low)
    weights[np.arange(after), np.minimum(low + 1, before - 1)] += at - low
    return weights
