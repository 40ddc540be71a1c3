"""What a source holds before anything is checked: rows as they came, with what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Columns:
    """Which columns of a table, or arrays of a file, hold what: those of None aren't named.

    `target` is ``""`` where the rows are unlabelled. `group` may be values as well. `text` names
    columns that the model reads as text. `features`, where it isn't None, are the model's inputs in
    its order; `drop` are none.
    """

    target: str | None = None
    group: Any = None
    weight: str | None = None
    clusters: str | None = None
    text: Collection[str] = ()
    features: Sequence[str] | None = None
    drop: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class RawRows:
    """Rows of one split: `x` an array, a dict of arrays or a DataFrame; what is known of them.

    `taken` names the columns of a table that aren't features.
    """

    x: Any
    y: Any = None
    group: Any = None
    weight: Any = None
    taken: tuple[str, ...] = ()
    clusters: Any = None
    truth: Any = None


@dataclass(frozen=True, eq=False)
class Raw:
    """The parts of a data set, by split, and its names."""

    scored: RawRows
    train: RawRows | None = None
    validation: RawRows | None = None
    background: Any = None
    feature_names: tuple[str, ...] | None = None
    class_names: tuple[str, ...] | None = None
    image_shape: tuple[int, ...] | None = None


def texts(values: Any) -> tuple[str, ...]:
    """Return names as strings; bytes are read as UTF-8."""
    return tuple(v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values)
