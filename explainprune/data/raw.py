"""What a source holds before anything is checked: rows as they came, with what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of one split: `x` an array, a dict of arrays or a DataFrame; what is known of them."""

    x: Any
    y: Any = None
    group: Any = None
    weight: Any = None


@dataclass(frozen=True, eq=False)
class Raw:
    """The parts of a data set, by split, and its names."""

    scored: Part
    train: Part | None = None
    validation: Part | None = None
    background: Any = None
    feature_names: tuple[str, ...] | None = None
    class_names: tuple[str, ...] | None = None
    image_shape: tuple[int, ...] | None = None


def as_array(values: Any, what: str) -> Array:
    """Return `values` as an array; ragged, sparse and masked ones are refused in plain words."""
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise ValueError(f"{what} is a sparse matrix. Expected an array: pass x.toarray().")
    if np.ma.is_masked(values):
        raise ValueError(f"{what} has masked entries. Expected finite numbers everywhere.")
    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(
            f"{what} is ragged: its rows differ in length. Expected the same shape for each row."
        ) from None


def is_frame(values: Any) -> bool:
    """Whether `values` is a pandas DataFrame, without importing pandas."""
    return hasattr(values, "iloc") and hasattr(values, "columns")


def texts(values: Any) -> tuple[str, ...]:
    """Return names as strings; bytes are read as UTF-8."""
    return tuple(v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values)
