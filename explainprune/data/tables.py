"""Tables (DataFrames, .csv, .parquet) → inputs, labels and groups, with the columns' names."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.data.raw import Columns, RawRows
from explainprune.lookup import unknown
from explainprune.types import Array
from explainprune.types.archives import check_memory, readable
from explainprune.types.tables import frame_values, named_columns

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


def split_frame(frame: Any, named: Columns) -> RawRows:
    """Take labels, weights, clusters and groups out of a table.

    A column of weights or of clusters is no feature. A group column stays one if it is numeric (or
    boolean), or text that the model reads: other text can't be one, and only groups the rows.
    """
    frame = named_columns(frame)
    if not len(frame):
        raise ValueError(f"The table has no rows. Received: columns {list(frame.columns)[:8]}.")
    frame, dropped = _without(frame, named)
    label = _label_column(list(frame.columns), named.target)
    y = None if label is None else frame[label]
    rest = frame if label is None else frame.drop(columns=label)
    weight = clusters = None
    if named.weight is not None:
        weight = _weights(rest, named.weight)
        rest = rest.drop(columns=named.weight)
    if named.clusters is not None:
        clusters = _text_or_numbers(rest, named.clusters, "cluster")
        rest = rest.drop(columns=named.clusters)
    own = tuple(name for name in (label, named.weight, named.clusters) if name is not None)
    part = RawRows(rest, y, named.group, weight, (*dropped, *own), clusters)
    if isinstance(named.group, str):
        part = _grouped(part, named.group, label, named)
    return _in_order(part, named.features)


def _without(frame: Any, named: Columns) -> tuple[Any, tuple[str, ...]]:
    """Leave out what is dropped; what holds groups, weights or clusters is no feature later on."""
    for name in named.drop:
        if name not in frame.columns:
            raise unknown("column to drop", name, frame.columns)
    if named.target and named.target in named.drop:
        raise ValueError(f"Column {named.target!r} is the target: it can't be dropped as well.")
    used = [each for each in (named.group, named.weight, named.clusters) if isinstance(each, str)]
    dropped = tuple(name for name in named.drop if name not in used)
    return frame.drop(columns=list(dropped)), dropped


def _in_order(part: RawRows, features: Sequence[str] | None) -> RawRows:
    """Keep the features that were named, in the order they were named in."""
    if features is None:
        return part
    columns = list(part.x.columns)
    for name in features:
        if name not in columns:
            raise unknown("feature column", name, columns)
        if list(features).count(name) > 1:
            raise ValueError(f"Feature {name!r} is named twice.")
    others = tuple(name for name in columns if name not in features)
    return replace(part, x=part.x[list(features)], taken=(*part.taken, *others))


def _grouped(part: RawRows, group: str, label: str | None, named: Columns) -> RawRows:
    """Take the column of groups; it stays a feature where it can be one and isn't dropped."""
    rest = part.x
    if group not in (*rest.columns, label):
        raise unknown("group column", group, [*rest.columns, *([] if label is None else [label])])
    if group == label:
        raise ValueError(f"Column {group!r} can't hold both the labels and the groups.")
    values = _text_or_numbers(rest, group, "group")
    readable_as_feature = values.dtype.kind in "biuf" or group in named.text
    if group in named.drop or not readable_as_feature:
        part = replace(part, x=rest.drop(columns=group), taken=(*part.taken, group))
    return replace(part, group=values)


def _text_or_numbers(frame: Any, column: str, what: str) -> Array:
    """Return a column that says which rows belong together; none may be missing."""
    if column not in frame.columns:
        raise unknown(f"{what} column", column, frame.columns)
    values = frame[column]
    if values.isna().any():
        missing = int(values.isna().sum())
        raise ValueError(f"{what.capitalize()} column {column!r} is missing in {missing} rows.")
    if values.dtype.kind in "biuf":
        return np.asarray(values)
    return np.asarray(values, dtype=np.str_)


def _weights(frame: Any, column: str) -> Array:
    """Return a column's numbers."""
    if column not in frame.columns:
        raise unknown("weight column", column, frame.columns)
    values: Array = frame_values(frame[[column]], "weight")[0][:, 0]
    return values


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
