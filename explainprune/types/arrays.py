"""Arrays that cannot change, and the checks every type makes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Inputs = Array | dict[str, Array]
"""What a network reads: one array, or one array for each input name. Rows come first."""


def frozen(values: Any) -> Array:
    """Return `values` as a read-only array: a copy, so that the caller's array stays writable."""
    array = np.array(values)
    array.setflags(write=False)
    return array


def frozen_inputs(x: Any) -> Inputs:
    """Freeze one array, or each array of a mapping from input names."""
    if isinstance(x, Mapping):
        if not x:
            raise ValueError("Inputs given as a dict need at least one entry. Received: {}.")
        return {str(name): frozen(part) for name, part in x.items()}
    return frozen(x)


def checksum(parts: Iterable[tuple[str, Any]]) -> str:
    """Return the SHA-256 of named arrays: names, shapes, dtypes and values; None is left out."""
    digest = hashlib.sha256()
    for name, values in parts:
        if values is not None:
            array = np.asarray(values)
            if array.dtype.hasobject:  # their bytes are addresses
                array = array.astype(str)
            digest.update(f"{name} {array.shape} {array.dtype.str}".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def n_rows(x: Inputs, what: str = "x") -> int:
    """Count the rows of `x`, and raise if its parts disagree or there is no row axis."""
    parts = x if isinstance(x, dict) else {what: x}
    for name, part in parts.items():
        if part.ndim == 0:
            raise ValueError(f"{name} needs a row axis. Received: shape=().")
    counts = {name: len(part) for name, part in parts.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"All inputs need the same number of rows. Received: {counts}.")
    return next(iter(counts.values()))


def rows(x: Inputs, index: Any) -> Inputs:
    """Select rows of one array, or of every array of a dict."""
    if isinstance(x, dict):
        return {name: part[index] for name, part in x.items()}
    selected: Array = x[index]
    return selected


def check_finite(x: Inputs, what: str, *, text: bool = False) -> None:
    """Raise a ValueError that counts NaN and infinite entries and names the first.

    With `text`, text is fine as well.
    """
    parts = x if isinstance(x, dict) else {"": x}
    for name, part in parts.items():
        label = f"{what}[{name!r}]" if name else what
        if part.dtype.kind in ("iubU" if text else "iub"):
            continue
        if part.dtype.kind != "f":
            raise ValueError(
                f"{label} needs numbers. Received: dtype={part.dtype}. Encode text columns as "
                "numbers first, or pass preprocess=."
            )
        bad = ~np.isfinite(part)
        if bad.any():
            first = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ValueError(
                f"{label} has {int(bad.sum())} values that are NaN or infinite; the first is "
                f"{part[first]} at index {first}. Expected finite numbers."
            )


def check_known(values: Array | None, name: str) -> None:
    """Raise where which rows belong together is missing, or said in numbers and in text."""
    if values is None:
        return
    if values.ndim != 1:
        raise ValueError(f"{name} needs one entry for each row. Received: shape={values.shape}.")
    if values.dtype.kind not in "fO":
        return
    missing = np.array([each is None or each != each for each in values.ravel()])
    if missing.any():
        raise ValueError(
            f"{name} is missing in {int(missing.sum())} rows; the first is row "
            f"{int(missing.argmax())}. Give each of them a value of its own, or leave them out."
        )
    if values.dtype.kind == "O":
        kinds = sorted({type(each).__name__ for each in values.ravel()})
        raise ValueError(f"{name} holds numbers or text. Received: {', '.join(kinds)}.")
