"""Which reader a source needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from explainprune.data import archives, tables
from explainprune.data.builtin import DATASETS
from explainprune.data.raw import Columns, Raw, RawRows
from explainprune.lookup import nearest, unknown
from explainprune.types.loaders import is_loader, read_loader
from explainprune.types.matching import check_index
from explainprune.types.tables import is_frame

ARCHIVES: dict[str, Callable[..., Raw]] = {
    ".npz": archives.read_npz,
    ".npy": archives.read_npy,
    ".h5": archives.read_h5,
    ".hdf5": archives.read_h5,
}
TABLES: dict[str, Callable[[Path], Any]] = {
    ".csv": tables.read_csv,
    ".parquet": tables.read_parquet,
}


def read(source: Any, named: Columns) -> tuple[Raw, str]:
    """Return what `source` holds and what to call it.

    Raises
    ------
    ValueError, TypeError
        If the source is missing, can't be read, or isn't of a known kind.
    """
    if isinstance(source, str | Path):
        path = existing(source)
        if path.suffix.lower() in TABLES:
            frame = TABLES[path.suffix.lower()](path)
            return Raw(tables.split_frame(frame, named)), path.stem
        return ARCHIVES[path.suffix.lower()](path, named.target, named.weight), path.stem
    if is_frame(source):
        return Raw(tables.split_frame(source, named)), "data"
    if named.target:
        raise ValueError(
            f"target={named.target!r} names a column of a table or an array of a file. "
            f"Received: a {type(source).__name__}; pass (x, y)."
        )
    if isinstance(source, tuple):
        return _pair(source, named), "data"
    if named.weight:
        raise ValueError(
            f"weight={named.weight!r} names a column of a table or an array of a file. "
            f"Received: a {type(source).__name__}; pass the weights themselves."
        )
    if is_loader(source):
        x, *more = read_loader(source)
        return Raw(_labelled((_by_name(x), *(more or [None])), named)), "data"
    if isinstance(source, Mapping | list) or hasattr(source, "__array__") or hasattr(source, "nnz"):
        return Raw(RawRows(source)), "data"
    raise TypeError(
        "Data comes as a name, a file, an array, (x, y), (x, y, weight), a dict of inputs, a "
        f"DataFrame or a tf.data.Dataset. Received: {type(source).__name__}."
    )


def existing(source: str | Path) -> Path:
    """Return the path of a data file that is there and of a kind we read."""
    path = Path(source).expanduser()
    kinds = (*ARCHIVES, *TABLES)
    if not path.exists():
        if not path.suffix and path.name == str(source):
            raise unknown("data set", str(source), DATASETS)
        if not path.parent.is_dir():
            raise ValueError(
                f"No data file {str(source)!r}: there is no folder {str(path.parent)!r}."
            )
        near = nearest(path.name, [p.name for p in path.parent.iterdir() if p.suffix in kinds])
        raise ValueError(f"No data file {str(source)!r}.{near}")
    if path.is_dir():
        raise ValueError(f"{str(source)!r} is a folder. Expected a file: {', '.join(kinds)}.")
    if path.suffix.lower() == ".keras":
        raise ValueError(f"{path.name!r} is a model, not data. Expected: {', '.join(kinds)}.")
    if path.suffix.lower() not in kinds:
        raise ValueError(f"Data file {path.name!r} is of no known kind. Known: {', '.join(kinds)}.")
    if path.stat().st_size == 0:
        raise ValueError(f"Data file {path.name!r} is empty.")
    return path


def raw_table(source: str | Path) -> Any:
    """Read the table of a file, as its readers know it.

    Raises
    ------
    ValueError
        If it isn't there, or no table.
    """
    path = existing(source)
    reader = TABLES.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"raw is a table: {' or '.join(TABLES)}. Received: {path.name!r}.")
    return reader(path)


def _by_name(x: Any) -> Any:
    """Return inputs, or raise where several come without names."""
    if isinstance(x, tuple):
        raise ValueError(
            "A data set with several inputs needs them as a dict by input name. Received: a tuple."
        )
    return x


def _pair(source: tuple[Any, ...], named: Columns) -> Raw:
    """Read ``(x, y)`` or ``(x, y, weight)``, or two of them: the rows to learn from, and to score.

    Columns for groups, weights and clusters are looked for in x where it is a table.
    """
    if len(source) == 2 and all(isinstance(p, tuple) and len(p) in (2, 3) for p in source):
        train, test = (_labelled(part, named) for part in source)
        return Raw(test, train)
    if len(source) not in (2, 3):
        raise TypeError(
            "A tuple of data is (x, y) or (x, y, weight), or (train, test), each such a tuple. "
            f"Received: {len(source)} parts."
        )
    return Raw(_labelled(source, named))


def _labelled(given: tuple[Any, ...], named: Columns) -> RawRows:
    """Join inputs, labels and weights."""
    x, y, *weights = given
    for what, values in zip(("y", "weight"), (y, *weights), strict=False):
        check_index(x, values, what)
    if is_frame(x):
        part = replace(tables.split_frame(x, replace(named, target="", text=())), y=y)
    elif named.weight:
        raise ValueError(
            f"weight={named.weight!r} names a column. Received: x as {type(x).__name__}."
        )
    else:
        part = RawRows(x, y)
    return replace(part, weight=weights[0]) if weights else part
