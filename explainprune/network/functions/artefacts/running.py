"""Running what only runs forward: flat rows in, arrays out, each in the type and shape it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.functions import inputs as packing
from explainprune.network.functions.inputs import InputSpec
from explainprune.network.protocol import chunks
from explainprune.types import Array, Inputs
from explainprune.types.tables import plain


@dataclass(frozen=True, eq=False)
class Running:
    """A function of inputs as one of flat rows.

    Attributes
    ----------
    name : str
        For the errors.
    run : callable
        From an array, or one for each input by its name, to what is output.
    parts : tuple of InputSpec
        What it reads, every size known.
    named : bool
        Whether a single input goes by its name too.
    rows_per_call : int
    """

    name: str
    run: Callable[[Inputs], Any]
    parts: tuple[InputSpec, ...]
    named: bool
    rows_per_call: int

    @property
    def dtype(self) -> str:
        """Dtype of flat rows: float64 where float32 could not hold what goes in."""
        return "float32" if all(part.dtype == "float32" for part in self.parts) else "float64"

    def pack(self, x: Any) -> Array:
        """Check the caller's inputs and lay each row flat."""
        return packing.pack(x, self.parts, self.dtype)

    def arrays(self, x: Array) -> list[Array]:
        """Run the artefact on flat rows, as many at once as it takes."""
        calls = [self._call(x[part]) for part in chunks(len(x), 1, self.rows_per_call)]
        return [np.concatenate(parts) for parts in zip(*calls, strict=True)]

    def _call(self, x: Array) -> list[Array]:
        pieces, start = {}, 0
        for part in self.parts:
            piece, start = x[:, start : start + part.size], start + part.size
            pieces[part.name] = self._typed(piece, part).reshape(len(x), *part.sizes)
        given: Inputs = pieces
        if len(pieces) == 1 and not self.named:
            given = next(iter(pieces.values()))
        name = self.name
        try:
            found = self.run(given)
        except Exception as error:  # a runtime's own, or of the user's function: anything
            shapes = ", ".join(str(piece.shape) for piece in pieces.values())
            reason = str(error).strip().partition("\n")[0]
            raise ValueError(
                f"{name} failed on rows of shape {shapes}: {type(error).__name__}: {reason}"
            ) from error
        return arrays_of(name, found, len(x))

    def _typed(self, values: Array, part: InputSpec) -> Array:
        """Return values in the type that an input takes; none is cut off to a whole number."""
        if "int" in part.dtype:
            info = np.iinfo(part.dtype)
            wrong = (values != np.rint(values)) | (values < info.min) | (values > info.max)
            if wrong.any():
                raise ValueError(
                    f"Input {part.name!r} of {self.name} takes whole numbers "
                    f"({part.dtype}, {info.min} to {info.max}). Received: {values[wrong][0]}."
                )
        return values.astype(part.dtype, copy=False)


def parts_of(name: str, parts: tuple[InputSpec, ...] | None, like: Any) -> tuple[InputSpec, ...]:
    """Return what is read, every size known; several inputs in the order of the rows."""
    if parts is None:
        return _as_given(name, like)
    if isinstance(like, Mapping) and set(like) == {part.name for part in parts}:
        by_name = {part.name: part for part in parts}
        parts = tuple(by_name[name] for name in like)
    if all(part.known for part in parts):
        return parts
    if like is None:
        asked = ", ".join(f"{part.name!r} {part.shape}" for part in parts if not part.known)
        raise ValueError(f"{name} leaves the shape of its input open ({asked}): rows tell it.")
    arrays = packing.as_parts(like, parts)
    found = tuple(packing.resolved(p, a) for p, a in zip(parts, arrays, strict=True))
    for part, array in zip(found, arrays, strict=True):
        packing.flattened(array[:1], part)  # says which shape is expected
    return found


def _as_given(name: str, like: Any) -> tuple[InputSpec, ...]:
    """Return what rows of this shape are, for a function that takes them as they come."""
    if like is None:
        raise ValueError(f"{name} is a function: only rows tell what it reads.")
    given = plain(like, "x")
    found = []
    for called, array in (given if isinstance(given, dict) else {"x": given}).items():
        if array.dtype.kind not in "fiub":
            raise ValueError(
                f"{name} is given numbers. Received: {called} of dtype={array.dtype}; "
                "encode text first, or pass preprocess=."
            )
        dtype = "float32" if array.dtype in (np.float32, np.float16) else "float64"
        found.append(InputSpec(called, array.shape[1:], dtype))
    return tuple(found)


def arrays_of(name: str, found: Any, rows: int) -> list[Array]:
    """Return what was output as arrays of numbers, one row for each row.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    several = found.values() if isinstance(found, dict) else found
    arrays = [np.asarray(each) for each in (several if _is_several(found) else [found])]
    for array in arrays:
        if array.dtype.kind not in "fiub" or array.ndim == 0 or len(array) != rows:
            raise ValueError(
                f"{name} must output numbers, a row for each of {rows} rows. Received: "
                f"shape={array.shape}, dtype={array.dtype}."
            )
        lost = ~np.isfinite(array).reshape(rows, -1).all(axis=1)
        if lost.any():
            raise ValueError(
                f"{name} outputs NaN or infinite numbers for {int(lost.sum())} of {rows} rows; "
                f"the first is row {int(lost.argmax())} of its call."
            )
    if not arrays:
        raise ValueError(f"{name} outputs nothing.")
    return [array if array.dtype.kind == "f" else array.astype(np.float64) for array in arrays]


def _is_several(found: Any) -> bool:
    """Whether several arrays were output: a dict, or a list or tuple of arrays."""
    if isinstance(found, dict):
        return True
    return isinstance(found, (list, tuple)) and any(hasattr(each, "shape") for each in found)
