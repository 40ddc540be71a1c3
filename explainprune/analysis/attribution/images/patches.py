"""Patches of an image or a sequence: which features each of them covers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from explainprune.types import Array


def patch_masks(shape: tuple[int, ...], patch: Any, stride: Any) -> Array:
    """Lay patches over a row of `shape`, cut off at its ends, so that every feature is covered.

    Parameters
    ----------
    shape : tuple of int
        Of one row. Its last axis holds channels if there are three or more: patches span it.
    patch : int or tuple of int
        Size along each axis; a tuple may leave out the last axis, which is spanned then.
    stride : int, tuple of int or None
        Steps between patches, at most their size. None: their size, so that none overlap.

    Returns
    -------
    ndarray of bool (patches, features)

    Raises
    ------
    ValueError
        If sizes or steps aren't positive integers, have the wrong number, or leave gaps.

    Examples
    --------
    >>> patch_masks((3, 1, 1), 2, None).astype(int)
    array([[1, 1, 0],
           [0, 0, 1]])
    """
    sizes = _along(shape, "patch", patch)
    steps = sizes if stride is None else _along(shape, "stride", stride)
    if stride is not None and any(a > b for a, b in zip(steps, sizes, strict=True)):
        raise ValueError(
            f"stride is at most patch, or features are left out. Received: stride={stride!r} for "
            f"patch={patch!r}."
        )
    each = [
        [_covered(size, start, width) for start in range(0, max(size - width, 0) + step, step)]
        for size, width, step in zip(shape, sizes, steps, strict=True)
    ]
    rows = []
    for along in itertools.product(*each):
        mask = np.ones((), dtype=bool)
        for covered in along:
            mask = mask[..., None] & covered
        rows.append(mask.ravel())
    return np.array(rows)


def _along(shape: tuple[int, ...], name: str, given: Any) -> tuple[int, ...]:
    """Return a size for each axis of `shape`, checked; channels are spanned."""
    channels = shape[-1:] if len(shape) > 2 else ()
    sizes = given if isinstance(given, (tuple, list)) else (given,) * (len(shape) - len(channels))
    if len(sizes) == len(shape) - 1:
        sizes = (*sizes, shape[-1])
    whole = all(isinstance(size, (int, np.integer)) and size > 0 for size in sizes)
    if len(sizes) != len(shape) or not whole or isinstance(given, bool):
        raise ValueError(
            f"{name} is an integer ≥ 1, or one for each axis of a row's shape {shape} (the last "
            f"may be left out). Received: {given!r}."
        )
    return tuple(int(size) for size in sizes)


def _covered(size: int, start: int, width: int) -> Array:
    """Mark what a patch covers along one axis."""
    places: Array = np.arange(size)
    return (places >= start) & (places < start + width)
