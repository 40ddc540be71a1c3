"""Which reader a source needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from explainprune.data import archives, tables
from explainprune.data.builtin import DATASETS
from explainprune.data.raw import Part, Raw, is_frame
from explainprune.data.streams import is_stream, read_stream
from explainprune.lookup import nearest, unknown

ARCHIVES: dict[str, Callable[[Path, str | None], Raw]] = {
    ".npz": archives.read_npz,
    ".npy": archives.read_npy,
    ".h5": archives.read_h5,
    ".hdf5": archives.read_h5,
}
TABLES: dict[str, Callable[[Path], Any]] = {
    ".csv": tables.read_csv,
    ".parquet": tables.read_parquet,
}


def read(source: Any, target: str | None, group: Any) -> tuple[Raw, str]:
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
            return Raw(tables.split_frame(frame, target, group)), path.stem
        return ARCHIVES[path.suffix.lower()](path, target), path.stem
    if is_frame(source):
        return Raw(tables.split_frame(source, target, group)), "data"
    if target:
        raise ValueError(
            f"target={target!r} names a column of a table or an array of a file. "
            f"Received: a {type(source).__name__}; pass (x, y)."
        )
    if is_stream(source):
        return read_stream(source), "data"
    if isinstance(source, tuple):
        return _pair(source, group), "data"
    if isinstance(source, Mapping | list) or hasattr(source, "__array__") or hasattr(source, "nnz"):
        return Raw(Part(source)), "data"
    raise TypeError(
        "Data comes as a name, a file, an array, (x, y), a dict of inputs, a DataFrame or a "
        f"tf.data.Dataset. Received: {type(source).__name__}."
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


def _pair(source: tuple[Any, ...], group: Any) -> Raw:
    """Read ``(x, y)`` or ``((x_train, y_train), (x_test, y_test))``."""
    if len(source) != 2:
        raise TypeError(
            "A tuple of data is (x, y), or (train, test), a pair each. "
            f"Received: {len(source)} parts."
        )
    if all(isinstance(part, tuple) and len(part) == 2 for part in source):
        (x_train, y_train), (x_test, y_test) = source
        return Raw(_labelled(x_test, y_test, group), _labelled(x_train, y_train, group))
    x, y = source
    return Raw(_labelled(x, y, group))


def _labelled(x: Any, y: Any, group: Any) -> Part:
    """Join inputs and labels."""
    part = tables.split_frame(x, "", group) if is_frame(x) else Part(x)
    return replace(part, y=y)
