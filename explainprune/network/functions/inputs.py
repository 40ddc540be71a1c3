"""What a model reads, and how its inputs are laid flat and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.lookup import nearest
from explainprune.types import Array, Inputs
from explainprune.types.arrays import check_finite


@dataclass(frozen=True)
class Part:
    """One input of a model.

    Attributes
    ----------
    name : str
    shape : tuple of int or None
        Without the row axis; None where any size is allowed.
    dtype : str
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str = "float32"

    @property
    def known(self) -> bool:
        """Whether every size is known."""
        return None not in self.shape

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape, where every size is known."""
        return tuple(size for size in self.shape if size is not None)

    @property
    def size(self) -> int:
        """Number of features in a row; 0 where it is not known."""
        return math.prod(self.sizes) if self.known else 0


def as_parts(x: Any, parts: Sequence[Part]) -> list[Array]:
    """Sort what a caller gave into one array for each input, in the model's order.

    Raises
    ------
    ValueError
        If an input is missing or unknown, or an array is given to a model of several inputs.
    """
    names = [part.name for part in parts]
    if isinstance(x, Mapping):
        for name in x:
            if name not in names:
                raise ValueError(
                    f"The model has no input {name!r}.{nearest(name, names)} "
                    f"Its inputs: {', '.join(names)}."
                )
        missing = [name for name in names if name not in x]
        if missing:
            raise ValueError(f"Missing input: {', '.join(missing)}. Received: {', '.join(x)}.")
        return [np.asarray(x[name]) for name in names]
    if len(parts) == 1:
        return [np.asarray(x)]
    if isinstance(x, (list, tuple)) and len(x) == len(parts):
        return [np.asarray(values) for values in x]
    received = f"{len(x)} arrays" if isinstance(x, (list, tuple)) else f"shape={np.shape(x)}"
    raise ValueError(
        f"The model has {len(parts)} inputs: expected a dict with {', '.join(names)}, or a list in "
        f"this order. Received: {received}."
    )


def resolved(part: Part, values: Array) -> Part:
    """Fill the unknown sizes of an input from an array given for it."""
    trailing = values.shape[1:]
    if part.known or len(trailing) != len(part.shape):
        return part
    shape = tuple(
        have if want is None else want for want, have in zip(part.shape, trailing, strict=True)
    )
    return Part(part.name, shape, part.dtype)


def flattened(values: Array, part: Part) -> Array:
    """Check one input's array and lay each row flat: (n, ...) → (n, size).

    Raises
    ------
    ValueError
        If it has no row axis, isn't numeric, or has another shape or number of features.
    """
    label = f"input {part.name!r}"
    if values.dtype.kind not in "fiub":
        raise ValueError(
            f"The model's {label} needs numbers. Received: dtype={values.dtype}. Encode text "
            "columns as numbers first, or pass preprocess=."
        )
    trailing = values.shape[1:]
    flat_enough = len(trailing) <= 1 and math.prod(trailing) == part.size
    if values.ndim == 0 or (trailing != part.shape and not flat_enough):
        also = f" or (n, {part.size})" if len(part.shape) > 1 else ""
        expected = ", ".join(["n", *map(str, part.shape)])
        raise ValueError(
            f"The model's {label} expects shape ({expected}){also}. Received: shape={values.shape}."
        )
    return values.reshape(len(values), part.size)


def pack(x: Any, parts: Sequence[Part], dtype: str) -> Array:
    """Lay all inputs flat, one after another: → (n, features).

    Raises
    ------
    ValueError
        If names, ranks, feature counts, dtypes or row counts don't fit the model.
    """
    arrays = as_parts(x, parts)
    flats = [flattened(a, part) for a, part in zip(arrays, parts, strict=True)]
    for part, flat in zip(parts, flats, strict=True):
        check_finite(flat, f"input {part.name!r}")
    counts = {part.name: len(flat) for part, flat in zip(parts, flats, strict=True)}
    if len(set(counts.values())) > 1:
        raise ValueError(f"All inputs need the same number of rows. Received: {counts}.")
    return np.concatenate([np.asarray(flat, dtype=dtype) for flat in flats], axis=1)


def unpack(values: Array, parts: Sequence[Part], like: Any = None) -> Inputs:
    """Give flat values (n, features[, outputs]) the shape of the inputs they belong to."""
    total = sum(part.size for part in parts)
    if values.ndim not in (2, 3) or values.shape[1] != total:
        raise ValueError(
            f"Expected values of shape (n, {total}) or (n, {total}, outputs). "
            f"Received: shape={values.shape}."
        )
    shapes: list[Any] = [part.shape for part in parts]
    if like is not None:
        shapes = [np.shape(array)[1:] for array in as_parts(like, parts)]
    pieces, start = [], 0
    for part, shape in zip(parts, shapes, strict=True):
        piece = values[:, start : start + part.size]
        pieces.append(piece.reshape(len(values), *shape, *values.shape[2:]))
        start += part.size
    if len(parts) == 1 and not isinstance(like, Mapping):
        return pieces[0]
    return {part.name: piece for part, piece in zip(parts, pieces, strict=True)}
