"""Rows that a verb is given → arrays as the model reads them: one reader, whole or in parts.

What holds rows is opened (`opened`), what belongs to each input is found by name or by order
(`network.functions.inputs.read`), and what came is checked. `load_data` adds what a data set has
beside its rows; `Network.pack` and `feed` lay what was read out for one model's run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from explainprune.network.files.columns import by_columns
from explainprune.network.functions.as_read import read_by
from explainprune.network.functions.inputs import InputSpec, read
from explainprune.types import Array, Data, Inputs, Rows
from explainprune.types.arrays import check_finite, n_rows
from explainprune.types.loaders import batches, is_loader, is_tf_data, read_loader, rows_in
from explainprune.types.matching import check_index, orders
from explainprune.types.tables import as_array, is_frame, plain

Reads = Sequence[InputSpec] | None
"""What a model reads (`network.functions.as_read.read_by`); None where it doesn't say."""

ROWS = 1000
"""Rows of a part, where nothing else is asked for."""


@dataclass(frozen=True)
class Samples:
    """Rows to explain, all or some of them, and what came with them.

    Attributes
    ----------
    x : ndarray, dict of str to ndarray, or list of ndarray
        A list holds one array for each input, in the model's order.
    y : ndarray, optional
    data : Data, optional
        Where `x` was given as one.
    feature_names : tuple of str, optional
    orders : mapping of str to tuple
        Of each column that was numbered by the order of its categories, these.
    number, start : int
        Which part this is, and its first row's place among all.
    of_many : bool
        Whether there are other parts.
    known_task : str, optional
        Where rows whose labels say it were left out.
    """

    x: Inputs | list[Array]
    y: Array | None = None
    data: Data | None = None
    feature_names: tuple[str, ...] | None = None
    orders: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    number: int = 0
    start: int = 0
    of_many: bool = False
    known_task: str | None = None

    def __len__(self) -> int:
        return n_rows(_by_place(self.x))

    @property
    def task(self) -> str:
        """What the labels of the `Data` say; a single output can't be a class beyond 1."""
        if self.known_task is not None:
            return self.known_task
        if self.data is None or self.data.task != "classification":
            return "unknown" if self.data is None else self.data.task
        parts = (self.data.scored, self.data.train, self.data.validation)
        labels = [part.y for part in parts if part is not None and part.y is not None]
        return "classification" if all((y <= 1).all() for y in labels) else "regression"

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """Names of the classes, where the `Data` has them."""
        return None if self.data is None else self.data.class_names


def opened(x: Any) -> tuple[Any, Any, tuple[str, ...] | None]:
    """Take inputs, labels and the columns' names, as far as there are any, out of what holds them.

    Parameters
    ----------
    x : Data, Rows, tf.data.Dataset, keras PyDataset, DataFrame, or anything else that holds inputs
    """
    if isinstance(x, (Data, Rows)):
        return x.x, x.y, getattr(x, "feature_names", None)
    if is_loader(x):
        inputs, labels = (*read_loader(x), None)[:2]
        return inputs, labels, None
    return x, None, tuple(str(name) for name in x.columns) if is_frame(x) else None


def read_inputs(x: Any, what: str, reads: Reads = None) -> Inputs | list[Array]:
    """Return arrays with at least one row of finite numbers, or of text.

    Parameters
    ----------
    x : as `attribute` takes it
    what : str
        For the errors.
    reads : sequence of InputSpec, optional
    """
    x, _, names = opened(x)
    return _arrays(x, what, reads, names)


def _arrays(x: Any, what: str, reads: Reads, names: Sequence[str] | None) -> Inputs | list[Array]:
    """Find what belongs to each input, and check it."""
    inputs: Inputs | list[Array]
    if reads is not None:
        with fitting(what):
            inputs = read(x, reads, what, names)
    elif isinstance(x, (list, tuple)) and any(hasattr(part, "shape") for part in x):
        inputs = [as_array(part, f"{what}[{place}]") for place, part in enumerate(x)]
    else:
        inputs = plain(x, what)
    check_rows(inputs, what)
    return inputs


def read_samples(model: Any, x: Any, y: Any = None) -> Samples:
    """Read all rows to explain; `y` goes before the labels that come with `x`.

    Parameters
    ----------
    model, x, y : as `attribute` takes them

    Raises
    ------
    ValueError
        If there are no rows, if a value is NaN, infinite or not what the model reads, or if `y`
        has another number of rows or another order.
    """
    return _read(by_columns(model, x), y, read_by(model))


def samples_of(model: Any, x: Any, y: Any = None, rows: int | None = None) -> Iterator[Samples]:
    """Read rows to explain in order, in parts of `rows`: memory then holds a part of a data set.

    Parameters
    ----------
    model, x, y : as `attribute` takes them
        Only the part at hand is read of a memory-mapped array or a ``tf.data.Dataset``, which
        brings its own labels.
    rows : int, optional
        None: all in one part, and `ROWS` of a ``tf.data.Dataset``.
    """
    reads, x = read_by(model), by_columns(model, x)
    check_index(x, y, "y")  # of all rows: parts may hold others
    if is_loader(x) and not is_tf_data(x):  # its batches are as large as they are
        x, own, _ = opened(x)
        y = own if y is None else y
    if not is_tf_data(x) and (rows is None or (count_of(x) or 0) <= rows):
        yield _read(x, y, reads)
        return
    start = 0
    for number, (some, labels) in enumerate(_pieces(x, y, rows or ROWS)):
        try:
            samples = _read(some, labels, reads)
        except ValueError as error:
            raise ValueError(f"{error} Indices count from row {start:,}.") from None
        yield replace(samples, number=number, start=start, of_many=True)
        start += len(samples)


def first_rows(samples: Samples, count: int) -> Samples:
    """Return the first of some rows."""
    some = slice(count)
    y = None if samples.y is None else samples.y[some]
    data = None if samples.data is None else _taken(samples.data, some)
    return replace(samples, x=_taken(samples.x, some), y=y, data=data)


def _pieces(x: Any, y: Any, rows: int) -> Iterator[tuple[Any, Any]]:
    """Yield inputs and labels of `rows` rows at a time, as they came."""
    if is_tf_data(x):
        if y is not None:
            raise ValueError("y comes with a tf.data.Dataset: give it elements (x, y).")
        yield from batches(x, rows)
        return
    for start in range(0, count_of(x) or 0, rows):
        taken = slice(start, start + rows)
        yield _taken(x, taken), None if y is None else _taken(y, taken)


def _read(x: Any, y: Any, reads: Reads) -> Samples:
    """Read rows for a model that reads `reads`."""
    data = x if isinstance(x, Data) else None
    x, own, names = opened(x)
    samples = Samples(_arrays(x, "x", reads, names), None, data, names, orders(x))
    labels = own if y is None else y
    return samples if labels is None else replace(samples, y=_labels(labels, x, len(samples)))


def _labels(y: Any, x: Any, rows: int) -> Array:
    """Return one label for each row: numbers, text, or a row of them.

    Raises
    ------
    ValueError
        If there are more or fewer than rows, some are missing, or both carry an index and the
        labels' is in another order.
    """
    check_index(x, y, "y")
    labels = as_array(y, "y", text=True)
    if labels.ndim == 0 or len(labels) != rows:
        raise ValueError(
            f"y needs one label for each of the {rows} rows of x. Received: shape={labels.shape}."
        )
    return labels


def count_of(x: Any) -> int | None:
    """Count the rows of `x` without reading them; None where that can't be told."""
    if is_loader(x):
        return rows_in(x) if is_tf_data(x) else None
    if isinstance(x, (Data, Rows)):
        x = x.x
    if isinstance(x, Mapping):
        x = next(iter(x.values()), ())
    elif isinstance(x, (list, tuple)) and any(hasattr(part, "shape") for part in x):
        x = x[0]
    countable = hasattr(x, "__len__") and not hasattr(x, "nnz") and getattr(x, "ndim", 1) > 0
    return len(x) if countable else None


def _taken(x: Any, taken: slice) -> Any:
    """Return a slice of whatever holds rows."""
    if isinstance(x, Data):
        return x.with_(scored=x.scored.take(taken))
    if isinstance(x, Rows):
        return x.take(taken)
    if isinstance(x, Mapping):
        return {name: _taken(part, taken) for name, part in x.items()}
    if isinstance(x, (list, tuple)) and any(hasattr(part, "shape") for part in x):
        return [_taken(part, taken) for part in x]
    return x.iloc[taken] if hasattr(x, "iloc") else x[taken]


@contextmanager
def fitting(what: str) -> Iterator[None]:
    """Say of what doesn't fit the model what it is."""
    try:
        yield
    except ValueError as error:
        if re.search(rf"\b{what}\b", str(error).split(".")[0]):
            raise
        raise ValueError(f"{what} does not fit the model. {error}") from None


def check_rows(inputs: Inputs | list[Array], what: str) -> None:
    """Raise unless there are rows, as many of each input, of finite numbers or of text."""
    parts = _by_place(inputs)
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
    check_finite(parts, what, text=True)


def _by_place(inputs: Inputs | list[Array]) -> Inputs:
    """Turn a list into a dict by position, for the checks that know dicts."""
    if isinstance(inputs, list):
        return {str(number): part for number, part in enumerate(inputs)}
    return inputs
