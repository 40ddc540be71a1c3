"""Tables (DataFrames, .csv, .parquet) → inputs, labels and groups, with the columns' names."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.data.archives import check_memory, readable
from explainprune.data.raw import Part
from explainprune.lookup import nearest, unknown
from explainprune.types import Array

LABELS = ("target", "label", "y")
"""Columns that hold labels where `target` names none."""


def read_csv(path: Path) -> Any:
    """Read a ``.csv`` file with a header line; commas, semicolons or tabs separate."""
    import pandas as pd

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline()
        separator = max(",;\t", key=line.count)
        header = next(csv.reader([line], delimiter=separator), [])
        _check_header(header, path.name)
        with readable(path):
            return pd.read_csv(path, sep=separator, encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(
            f"{path.name!r} is not a readable .csv file: it isn't UTF-8 text."
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        reason = str(error).strip().splitlines()[-1]
        raise ValueError(f"{path.name!r} is not a readable .csv file: {reason}.") from None


def _check_header(header: Sequence[str], name: str) -> None:
    """Refuse a first line of numbers, unless it numbers the columns."""
    try:
        numbers = [float(cell) for cell in header]
    except ValueError:
        return
    if numbers and numbers != list(range(len(numbers))):
        raise ValueError(
            f"The first line of {name!r} holds numbers, not column names "
            f"(it begins {', '.join(header[:3])}). Add a header line."
        )


def read_parquet(path: Path) -> Any:
    """Read a ``.parquet`` file; needs the extra ``parquet``."""
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise ValueError(
            f"{path.name!r} needs pyarrow, which isn't installed: "
            "pip install 'explainprune[parquet]'."
        ) from None
    try:
        with readable(path):
            shape = parquet.ParquetFile(path).metadata
            check_memory(8 * shape.num_rows * shape.num_columns, f"{path.name!r}")
            return parquet.read_table(path).to_pandas()
    except pyarrow.ArrowException as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(f"{path.name!r} is not a readable .parquet file: {reason}.") from None


def split_frame(frame: Any, target: str | None, group: Any, weight: str | None = None) -> Part:
    """Take labels, weights and groups out of a table.

    A column of weights is no feature. A group column stays one if it is numeric (or boolean): what
    is text can't be one, and only groups the rows. ``target=""`` leaves the table unlabelled.
    """
    frame = _named(frame)
    if not len(frame):
        raise ValueError(f"The table has no rows. Received: columns {list(frame.columns)[:8]}.")
    columns = list(frame.columns)
    label = _label_column(columns, target)
    y = None if label is None else frame[label]
    if label is not None:
        frame = frame.drop(columns=label)
    weights = None if weight is None else _weights(frame, weight)
    if weight is not None:
        frame = frame.drop(columns=weight)
        columns.remove(weight)
    if not isinstance(group, str):
        return Part(frame, y, group, weights)
    if group not in columns:
        raise unknown("group column", group, columns)
    if group == label:
        raise ValueError(f"Column {group!r} can't hold both the labels and the groups.")
    values = frame[group]
    if values.isna().any():
        raise ValueError(f"Group column {group!r} is missing in {int(values.isna().sum())} rows.")
    if values.dtype.kind in "biuf":
        return Part(frame, y, values.to_numpy(), weights)
    return Part(frame.drop(columns=group), y, np.asarray(values, dtype=np.str_), weights)


def _weights(frame: Any, column: str) -> Array:
    """Return a column's numbers."""
    if column not in frame.columns:
        raise unknown("weight column", column, frame.columns)
    values: Array = frame_values(frame[[column]], "weight")[0][:, 0]
    return values


def _named(frame: Any) -> Any:
    """Return the table with text as column names, each used once, and no index among them."""
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Column {twice[0]!r} is there more than once. Rename one.")
    if names and names[0] in ("", "Unnamed: 0") and len(frame):
        first = frame.iloc[:, 0].to_numpy()
        if first.dtype.kind in "iu" and (first == np.arange(len(frame))).all():
            raise ValueError(
                "The first column has no name and only counts the rows: an index that was written "
                "with the table. Write it without (to_csv(index=False)), or name the column."
            )
    return frame.set_axis(names, axis=1)


def _label_column(columns: list[str], target: str | None) -> str | None:
    """Find the column of labels."""
    if target == "":
        return None
    if target is not None:
        if target not in columns:
            raise unknown("target column", target, columns)
        return target
    found = [name for name in LABELS if name in columns]
    if len(found) > 1:
        raise ValueError(
            f"Columns {found} could all hold the labels. Name one: target={found[0]!r}; "
            "the others stay features."
        )
    return found[0] if found else None


def frame_values(frame: Any, what: str = "x") -> tuple[Array, tuple[str, ...]]:
    """Return a table's numbers, in the narrowest type that holds all columns, and their names.

    Raises
    ------
    ValueError
        Naming the columns that are text or dates, and those with missing values.
    """
    frame = _named(frame)
    other = [name for name in frame.columns if not _is_numeric(frame[name].dtype)]
    if other:
        shown = ", ".join(f"{name!r} ({_sample(frame[name])})" for name in other[:3])
        more = f" and {len(other) - 3} more" if len(other) > 3 else ""
        raise ValueError(
            f"{what} has columns that aren't numbers: {shown}{more}. Encode them (one-hot, say), "
            "drop them, or pass preprocess= to map rows to what the model reads."
        )
    for name in frame.columns:
        missing = frame[name].isna().to_numpy()
        if missing.any():
            raise ValueError(
                f"Column {name!r} of {what} is NaN or missing in {int(missing.sum())} rows; the "
                f"first is row {int(missing.argmax())}. Fill them or remove those rows."
            )
    if not len(frame.columns):
        raise ValueError(f"{what} has no columns besides the labels.")
    columns = [frame[name].to_numpy(dtype=_plain(frame[name].dtype)) for name in frame.columns]
    return np.stack(columns, axis=1), tuple(frame.columns)


def _is_numeric(dtype: Any) -> bool:
    """Whether a column holds numbers or booleans (categories of numbers don't)."""
    return getattr(dtype, "kind", "O") in "biuf"


def _plain(dtype: Any) -> Any:
    """Return numpy's type for a column, also where pandas has one of its own (Int64, boolean)."""
    return getattr(dtype, "numpy_dtype", dtype)


def _sample(column: Any) -> str:
    """Show the first value of a column, shortened."""
    values = column.dropna()
    return repr(str(values.iloc[0])[:20]) if len(values) else "all missing"


def align(frame: Any, names: Sequence[str], what: str) -> Any:
    """Select the columns `names`, in that order, from another table."""
    have = [str(name) for name in frame.columns]
    for name in names:
        if name not in have:
            raise ValueError(f"{what} lacks the column {name!r}.{nearest(name, have)}")
    return frame.set_axis(have, axis=1)[list(names)]
