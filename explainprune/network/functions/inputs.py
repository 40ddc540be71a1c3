"""What a model reads, and how its inputs are laid flat and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.lookup import nearest
from explainprune.types import Array, Inputs
from explainprune.types.arrays import check_finite
from explainprune.types.matching import aligned
from explainprune.types.tables import as_array, frame_values, is_frame, is_series

Code = Callable[[Array], Array]
ANY = "any"
"""The dtype of an input of a model that doesn't say: numbers or text, as they are given."""


@dataclass(frozen=True)
class InputSpec:
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
    def is_text(self) -> bool:
        """Whether it holds text, which the model itself turns into numbers."""
        return self.dtype == "string"

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape, where every size is known."""
        return tuple(size for size in self.shape if size is not None)

    @property
    def size(self) -> int:
        """Number of features in a row; 0 where it is not known."""
        return math.prod(self.sizes) if self.known else 0


def as_parts(
    x: Any, parts: Sequence[InputSpec], what: str = "x", names: Sequence[str] | None = None
) -> list[Array]:
    """Return one array for each input, in the model's order: see `read`."""
    found = by_input(x, parts, what, names)
    return [_values(found[part.name], part, what, alone=len(parts) == 1) for part in parts]


def read(
    x: Any, parts: Sequence[InputSpec], what: str = "x", names: Sequence[str] | None = None
) -> Inputs:
    """Return what a caller gave as arrays: a dict by input name where there are several inputs.

    Parameters
    ----------
    x : ndarray, tensor, DataFrame, Series, mapping, list or tuple
        A table's columns are found by name where the model has an input for each of them.
    parts : sequence of InputSpec
        What the model reads.
    what : str
        For the errors.
    names : sequence of str, optional
        Of the columns of an array.

    Raises
    ------
    ValueError
        If an input or a column is missing or unknown, holds what the model doesn't read, or an
        array without names is given to a model of several inputs.
    """
    arrays = as_parts(x, parts, what, names)
    if len(parts) == 1 and not isinstance(x, Mapping):
        return arrays[0]
    return {part.name: array for part, array in zip(parts, arrays, strict=True)}


def by_input(
    x: Any, parts: Sequence[InputSpec], what: str = "x", names: Sequence[str] | None = None
) -> dict[str, Any]:
    """Sort what a caller gave into what belongs to each input, by its name."""
    wanted = [part.name for part in parts]
    if isinstance(x, Mapping):
        for name in x:
            if name not in wanted:
                raise ValueError(
                    f"The model has no input {name!r}.{nearest(str(name), wanted)} "
                    f"Its inputs: {', '.join(wanted)}."
                )
        missing = [name for name in wanted if name not in x]
        if missing:
            raise ValueError(f"Missing input: {', '.join(missing)}. Received: {', '.join(x)}.")
        return dict(x)
    if len(parts) == 1:
        return {wanted[0]: x}
    if is_frame(x):
        table = aligned(x, wanted, what, "the model")
        return {name: table[name] for name in wanted}
    if isinstance(x, (list, tuple)) and len(x) == len(parts):
        return dict(zip(wanted, x, strict=True))
    if names is not None and np.ndim(x) == 2 and set(names) == set(wanted):
        array = np.asarray(x)
        return {name: array[:, [list(names).index(name)]] for name in wanted}
    received = f"{len(x)} arrays" if isinstance(x, (list, tuple)) else f"shape={np.shape(x)}"
    raise ValueError(
        f"The model has {len(parts)} inputs: expected a dict with {', '.join(wanted)}, or a list "
        f"in this order, or a table with these columns. Received: {received}."
    )


def _values(values: Any, part: InputSpec, what: str, *, alone: bool) -> Array:
    """Read what was given for one input."""
    label = what if alone else f"{what}[{part.name!r}]"
    if isinstance(values, (list, tuple)) and len(values) == 1 and _is_input(values[0], part):
        values = values[0]  # a list of inputs, of which there is one
    if is_frame(values) and part.dtype != ANY:
        return frame_values(values, label, text=part.is_text)[0]
    if is_frame(values):
        return as_array(values, label, text=True)
    array = as_array(values, label, text=None if part.dtype == ANY else part.is_text)
    # A column is a vector: an input of one number reads it as (n, 1).
    return array.reshape(-1, 1) if is_series(values) and part.shape == (1,) else array


def _is_input(values: Any, part: InputSpec) -> bool:
    """Whether `values` have an axis of rows before those of the input, or before it laid flat."""
    shape = tuple(getattr(values, "shape", ()))
    return len(shape) == len(part.shape) + 1 or (len(shape) == 2 and shape[1] == part.size > 0)


def resolved(part: InputSpec, values: Array) -> InputSpec:
    """Fill the unknown sizes of an input from an array given for it."""
    trailing = values.shape[1:]
    if part.known or len(trailing) != len(part.shape):
        return part
    shape = tuple(
        have if want is None else want for want, have in zip(part.shape, trailing, strict=True)
    )
    return InputSpec(part.name, shape, part.dtype)


def flattened(values: Array, part: InputSpec) -> Array:
    """Check one input's array and lay each row flat: (n, ...) → (n, size).

    Raises
    ------
    ValueError
        If it has no row axis, isn't numeric, or has another shape or number of features.
    """
    label = f"input {part.name!r}"
    if part.is_text and values.dtype.kind != "U":
        raise ValueError(
            f"The model's {label} reads text. Received: dtype={values.dtype}. Turn it into text "
            "(astype(str)) as it was when the model was trained."
        )
    if not part.is_text and values.dtype.kind not in "fiub":
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


def pack(x: Any, parts: Sequence[InputSpec], dtype: str, code: Code | None = None) -> Array:
    """Lay all inputs flat, one after another: → (n, features).

    Parameters
    ----------
    x : as `read` takes it
    parts : sequence of InputSpec
    dtype : str
    code : callable, optional
        From an array of text to one number for each entry; None where text can't be used.

    Raises
    ------
    ValueError
        If names, ranks, feature counts, dtypes or row counts don't fit the model.
    """
    arrays = as_parts(x, parts)
    flats = [flattened(a, part) for a, part in zip(arrays, parts, strict=True)]
    for number, (part, flat) in enumerate(zip(parts, flats, strict=True)):
        if part.is_text:
            flats[number] = _coded(flat, part, code)
        check_finite(flats[number], f"input {part.name!r}")
    counts = {part.name: len(flat) for part, flat in zip(parts, flats, strict=True)}
    if len(set(counts.values())) > 1:
        raise ValueError(f"All inputs need the same number of rows. Received: {counts}.")
    return np.concatenate([np.asarray(flat, dtype=dtype) for flat in flats], axis=1)


def _coded(values: Array, part: InputSpec, code: Code | None) -> Array:
    """Give each text a number."""
    if code is None:
        raise ValueError(
            f"Input {part.name!r} of the model reads text, which can't be used here: expected a "
            "model that reads numbers. Cut it after the layers that encode its text."
        )
    return code(values)


def unpack(values: Array, parts: Sequence[InputSpec], like: Any = None) -> Inputs:
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
