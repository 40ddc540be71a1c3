"""Which entries are highest: exact counts whatever ties there are, by partition, never by sort."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def keep_highest(values: Array, count: int, *, rng: np.random.Generator | None = None) -> Array:
    """Mark exactly `count` entries of a flat array: the highest.

    Parameters
    ----------
    values : ndarray (n,)
        Infinite entries are allowed: +∞ is kept first, −∞ last.
    count : int
        0 ≤ count ≤ n.
    rng : numpy Generator, optional
        Draws which of the entries tied at the threshold stay; None: those of lowest index.

    Returns
    -------
    ndarray of bool (n,)

    Examples
    --------
    >>> keep_highest(np.array([3.0, 1.0, 2.0, 2.0, 2.0]), 2)
    array([ True, False,  True, False, False])
    """
    if count == 0:
        return np.zeros(len(values), bool)
    threshold = np.partition(values, len(values) - count)[len(values) - count]
    kept: Array = values > threshold
    tied = np.flatnonzero(values == threshold)
    if rng is not None:
        tied = rng.permutation(tied)
    kept[tied[: count - int(kept.sum())]] = True
    return kept


def keep_highest_in_rows(values: Array, count: int) -> Array:
    """Mark exactly ``min(count, columns)`` entries of each row: the highest, ties by index.

    Parameters
    ----------
    values : ndarray (rows, columns)
    count : int

    Returns
    -------
    ndarray of bool (rows, columns)

    Examples
    --------
    >>> keep_highest_in_rows(np.array([[3.0, 1.0, 2.0], [5.0, 5.0, 5.0]]), 2).astype(int)
    array([[1, 0, 1],
           [1, 1, 0]])
    """
    columns = values.shape[1]
    if count >= columns:
        return np.ones(values.shape, bool)
    if count == 0:
        return np.zeros(values.shape, bool)
    threshold = np.partition(values, columns - count, axis=1)[:, [columns - count]]
    above = values > threshold
    tied = values == threshold
    missing = count - above.sum(axis=1, keepdims=True)
    chosen: Array = above | (tied & (np.cumsum(tied, axis=1) <= missing))
    return chosen


def as_rows(array: Array, axes: int | tuple[int, ...]) -> Array:
    """Lay a kernel out with one row for each unit: (units, incoming weights).

    `axes` are the kernel's unit axes: the last for Dense and Conv, two of them for depthwise.

    Examples
    --------
    >>> as_rows(np.arange(6).reshape(2, 3), 1)
    array([[0, 3],
           [1, 4],
           [2, 5]])
    """
    axes = _positive(axes, array.ndim)
    moved = np.moveaxis(array, axes, range(len(axes)))
    units = int(np.prod(moved.shape[: len(axes)]))
    return moved.reshape(units, -1)


def from_rows(rows: Array, shape: tuple[int, ...], axes: int | tuple[int, ...]) -> Array:
    """Undo `as_rows`, for a kernel of `shape`.

    >>> kernel = np.arange(24).reshape(2, 3, 4)
    >>> bool((from_rows(as_rows(kernel, (1, 2)), (2, 3, 4), (1, 2)) == kernel).all())
    True
    """
    axes = _positive(axes, len(shape))
    rest = [size for axis, size in enumerate(shape) if axis not in axes]
    moved = rows.reshape([shape[axis] for axis in axes] + rest)
    return np.moveaxis(moved, range(len(axes)), axes)


def _positive(axes: int | tuple[int, ...], ndim: int) -> tuple[int, ...]:
    """Count axes from the front."""
    return tuple(a % ndim for a in ((axes,) if isinstance(axes, int) else axes))
