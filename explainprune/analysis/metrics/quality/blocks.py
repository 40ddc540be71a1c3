"""Fewer, larger players for metrics whose work grows with the square of their number."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def coarser(p: int, *, limit: int, image_shape: tuple[int, ...] | None = None) -> Array:
    """Join `p` players into at most `limit`: square patches of an image, else runs of neighbours.

    Parameters
    ----------
    p : int
        Players (features, where none were given).
    limit : int
        The most to be left.
    image_shape : tuple of int, optional
        ``(height, width[, channels])`` when the players are an image's values, laid flat. The side
        of a patch is the smallest that keeps within the limit.

    Returns
    -------
    ndarray of int (p,)
        The new player of each old one, from 0; the identity where p is within the limit.

    Examples
    --------
    >>> coarser(16, limit=4, image_shape=(4, 4)).reshape(4, 4)
    array([[0, 0, 1, 1],
           [0, 0, 1, 1],
           [2, 2, 3, 3],
           [2, 2, 3, 3]])
    >>> coarser(5, limit=2)
    array([0, 0, 0, 1, 1])
    """
    if p <= limit:
        return np.arange(p)
    if image_shape is None or int(np.prod(image_shape)) != p:
        size = -(-p // limit)
        return np.arange(p) // size
    height, width = image_shape[:2]
    side = 1
    while -(-height // side) * -(-width // side) > limit:
        side += 1
    rows, columns = np.arange(height) // side, np.arange(width) // side
    patch = rows[:, None] * (-(-width // side)) + columns[None, :]
    channels = int(np.prod(image_shape[2:], dtype=int))
    return np.repeat(patch.ravel(), channels)


def joined(values: Array, players: Array) -> Array:
    """Sum the values (n, p) of players that were joined: (n, new players).

    >>> joined(np.array([[1.0, 2.0, 3.0]]), np.array([0, 0, 1]))
    array([[3., 3.]])
    """
    membership = players[:, None] == np.arange(players.max() + 1)[None, :]
    return np.asarray(values @ membership.astype(np.float64))
