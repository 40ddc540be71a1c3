"""Whatever holds rows, as a model reads them: text where it encodes text, columns by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explainprune.network.functions.as_read import columns_as_inputs
from explainprune.network.functions.inputs import Part
from explainprune.types import Data, Rows
from explainprune.types.tables import is_frame


def text_columns(reads: Sequence[Part] | None, group: Any) -> tuple[str, ...]:
    """Name the columns of a table that stay text: a column of groups may be one of them."""
    names = tuple(part.name for part in reads or () if part.is_text)
    return (*names, group) if names and len(reads or ()) == 1 and isinstance(group, str) else names


def as_read_by(model: Any, data: Any) -> Data:
    """Return `data`, or whatever `load_data` takes, as `model` reads it.

    Raises
    ------
    ValueError, TypeError
        As `load_data` does; if the data isn't what the model reads.
    """
    if not isinstance(data, (Data, Rows)):
        from explainprune.data.load import load_data

        return load_data(data, model=model)
    found: Data = columns_as_inputs(model, data if isinstance(data, Data) else Data(data))
    return found


def tables_as_read(model: Any, data: Any) -> Any:
    """Return tables, and a `Data` with names, as `model` reads them; leave anything else."""
    first = data[0] if isinstance(data, tuple) and data else data
    return as_read_by(model, data) if is_frame(first) or isinstance(data, Data) else data
