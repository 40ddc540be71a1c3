"""What a caller may give as `x`: arrays, a dict by input name, a table, Rows or Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.types import Array, Data, Inputs, Rows
from explainprune.types.arrays import check_finite, n_rows


@dataclass(frozen=True)
class Samples:
    """Rows to explain and what came with them.

    Attributes
    ----------
    x : ndarray, dict of str to ndarray, or list of ndarray
        A list holds one array for each input, in the model's order.
    y : ndarray, optional
    data : Data, optional
        Where `x` was given as one.
    feature_names : tuple of str, optional
    """

    x: Inputs | list[Array]
    y: Array | None = None
    data: Data | None = None
    feature_names: tuple[str, ...] | None = None


def read_samples(x: Any, y: Any = None) -> Samples:
    """Read rows to explain; `y` goes before the labels that come with `x`.

    Raises
    ------
    ValueError
        If there are no rows, if a value is NaN, infinite or not a number, or if `y` has another
        number of rows.
    """
    data = x if isinstance(x, Data) else None
    names = None if data is None else data.feature_names
    if isinstance(x, (Data, Rows)):
        x, y = x.x, x.y if y is None else y
    if hasattr(x, "columns") and hasattr(x, "to_numpy"):
        names = tuple(str(name) for name in x.columns)
    inputs = read_inputs(x, "x")
    count = n_rows(_parts(inputs), "x")
    labels = None if y is None else np.asarray(y)
    if labels is not None and (labels.ndim == 0 or len(labels) != count):
        raise ValueError(
            f"y needs one label for each of the {count} rows of x. Received: shape={labels.shape}."
        )
    return Samples(inputs, labels, data, names)


def read_inputs(x: Any, what: str) -> Inputs | list[Array]:
    """Return arrays with at least one row of finite numbers."""
    if isinstance(x, (Data, Rows)):
        x = x.x
    inputs: Inputs | list[Array]
    if isinstance(x, Mapping):
        inputs = {str(name): np.asarray(part) for name, part in x.items()}
    elif isinstance(x, (list, tuple)) and any(hasattr(part, "shape") for part in x):
        inputs = [np.asarray(part) for part in x]
    else:
        inputs = np.asarray(x)
    parts = _parts(inputs)
    if isinstance(parts, dict):
        counts = {name: part.shape[:1] for name, part in parts.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(
                f"All inputs of {what} need the same number of rows. Received: "
                f"{', '.join(f'{name}: shape={part.shape}' for name, part in parts.items())}."
            )
    if n_rows(parts, what) == 0:
        shapes = [part.shape for part in parts.values()] if isinstance(parts, dict) else parts.shape
        raise ValueError(f"{what} needs at least one row. Received: shape={shapes}.")
    check_finite(parts, what)
    return inputs


def _parts(inputs: Inputs | list[Array]) -> Inputs:
    """Turn a list into a dict by position, for the checks that know dicts."""
    if isinstance(inputs, list):
        return {str(number): part for number, part in enumerate(inputs)}
    return inputs
