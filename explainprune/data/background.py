"""Reference rows in whatever form they are given: matched by name where both sides have names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explainprune.data.reading import opened
from explainprune.network.functions.inputs import InputSpec, as_parts
from explainprune.types import Array, Inputs
from explainprune.types.matching import aligned, check_orders
from explainprune.types.tables import is_frame, is_series


def parts_like(x: Inputs) -> tuple[InputSpec, ...]:
    """Describe arrays as inputs of a model."""
    named = x if isinstance(x, dict) else {"x": x}
    return tuple(
        InputSpec(name, part.shape[1:], "string" if part.dtype.kind == "U" else "float32")
        for name, part in named.items()
    )


def read_background(
    background: Any,
    parts: Sequence[InputSpec],
    names: Sequence[str] | None = None,
    orders: Mapping[str, tuple[Any, ...]] | None = None,
) -> Inputs:
    """Return reference rows as arrays; what lacks an axis of rows is one row: a baseline.

    Parameters
    ----------
    background : array-like, DataFrame, Series, mapping, list, Data, Rows or tf.data.Dataset
        A table, a `Data` with feature names and a Series over columns are matched by name.
    parts : sequence of InputSpec
        What the model reads.
    names : sequence of str, optional
        Of the columns of the rows that are explained, where they have names.
    orders : mapping of str to tuple, optional
        The categories of their columns that are numbered by their order.

    Raises
    ------
    ValueError
        If a column or an input is missing or unknown, or isn't what the model reads, or if
        categories are numbered otherwise than those of the rows that are explained.
    """
    given, own = _named(background, names, [part.name for part in parts])
    if not any(part.is_text for part in parts):
        check_orders(given, orders or {}, "background")
    found = as_parts(given, parts, "background", own)
    arrays = [_with_rows(array, part) for array, part in zip(found, parts, strict=True)]
    if len(parts) == 1 and not isinstance(given, Mapping):
        return arrays[0]
    return {part.name: array for part, array in zip(parts, arrays, strict=True)}


def _named(
    background: Any, names: Sequence[str] | None, inputs: Sequence[str]
) -> tuple[Any, Sequence[str] | None]:
    """Take rows out of what holds them, and order their columns as `names` says; name them."""
    background, _, own = opened(background)
    if is_series(background) and {str(label) for label in background.index} & {*(names or inputs)}:
        background = background.to_frame().T
    if is_frame(background):
        return background if names is None else aligned(background, names, "background"), names
    if own is None or isinstance(background, dict):
        return background, names
    return (background, own) if names is None else (_ordered(background, own, names), names)


def _ordered(values: Array, own: Sequence[str], names: Sequence[str]) -> Array:
    """Order the columns `own` of an array as `names`."""
    import pandas as pd

    # A table of the columns' places goes through the matching that tables of values go through.
    places = pd.DataFrame([range(len(own))], columns=list(own))
    order = aligned(places, names, "background").to_numpy()[0]
    flat = values.reshape(len(values), -1)[:, order]
    return flat.reshape(values.shape)


def _with_rows(values: Array, part: InputSpec) -> Array:
    """Add an axis of rows to a single row, also to one that is laid flat."""
    flat = len(part.shape) > 1 and values.shape == (part.size,)
    is_row = flat or values.shape == part.shape
    return values[None] if is_row else np.asarray(values)
