"""The columns that a model was trained on: kept in its file, beside what Keras writes."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from explainprune.lookup import nearest, some
from explainprune.types.tables import is_frame

MEMBER = "explainprune.json"
_KNOWN: WeakKeyDictionary[Any, tuple[str, ...]] = WeakKeyDictionary()


def columns_of(model: Any) -> tuple[str, ...] | None:
    """Return the columns that a model read from a file was trained on; None where it isn't said."""
    try:
        return _KNOWN.get(model)
    except TypeError:  # what can't be remembered was read from no file of ours
        return None


def write_columns(path: Path, columns: Sequence[str]) -> None:
    """Add columns to a ``.keras`` file; Keras reads it as before."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, json.dumps({"columns": list(columns)}))


def read_columns(path: Path, model: Any) -> None:
    """Remember the columns that a file says its model was trained on, if it does."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        if MEMBER not in archive.namelist():
            return
        try:
            found = json.loads(archive.read(MEMBER))["columns"]
        except (ValueError, KeyError, TypeError):
            found = None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError(f"{path.name!r} doesn't say the columns of its model as a list of names.")
    _KNOWN[model] = tuple(found)


def as_trained(frame: Any, columns: Sequence[str], what: str = "The table") -> Any:
    """Return the columns of a table that a model was trained on, in its order.

    Others are left out. A warning says what was done.

    Raises
    ------
    ValueError
        If one isn't there.
    """
    given = [str(name) for name in frame.columns]
    if given == list(columns) or len(set(given)) < len(given):
        return frame
    lacking = [name for name in columns if name not in given]
    spare = [name for name in given if name not in columns]
    if lacking:
        raise ValueError(
            f"{what} lacks columns that the model was trained on: {some(lacking)}."
            f"{nearest(lacking[0], spare)} It has: {some(given, shown=8)}."
        )
    left = f"; it doesn't read {some(spare)}" if spare else ""
    warnings.warn(
        f"{what} was read in the order of the columns that the model was trained on{left}.",
        stacklevel=2,
    )
    return frame.iloc[:, [given.index(name) for name in columns]]


def by_columns(model: Any, x: Any) -> Any:
    """Return a table as `as_trained` does where the model knows its columns; else `x` as it is.

    Raises
    ------
    ValueError
        If one isn't there, or a `Data` has them in another order.
    """
    known = columns_of(model)
    if known is not None and is_frame(x):
        return as_trained(x, known)
    check_order(getattr(model, "name", "given"), model, getattr(x, "feature_names", None))
    return x


def check_order(name: str, model: Any, names: Sequence[str] | None) -> None:
    """Raise where a model was trained on these columns in another order.

    Raises
    ------
    ValueError
    """
    known = columns_of(model)
    if known is None or names is None or known == tuple(names):
        return
    if sorted(known) == sorted(names):
        raise ValueError(
            f"The {name} model was trained on these columns in another order: {some(known)}, not "
            f"{some(names)}. Name them in its order with --features (features=)."
        )
