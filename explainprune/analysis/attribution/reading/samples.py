"""What a caller may give as `x`: arrays, a dict by input name, a table, Rows or Data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from explainprune.network.functions.inputs import Part, read
from explainprune.types import Array, Data, Inputs, Rows
from explainprune.types.arrays import check_finite, n_rows
from explainprune.types.tables import as_array, is_frame, is_series, plain


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

    @property
    def task(self) -> str:
        """What the labels of the `Data` say; a single output can't be a class beyond 1."""
        if self.data is None or self.data.task != "classification":
            return "unknown" if self.data is None else self.data.task
        parts = (self.data.scored, self.data.train, self.data.validation)
        labels = [part.y for part in parts if part is not None and part.y is not None]
        return "classification" if all((y <= 1).all() for y in labels) else "regression"

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """Names of the classes, where the `Data` has them."""
        return None if self.data is None else self.data.class_names


def read_samples(x: Any, y: Any = None, reads: Sequence[Part] | None = None) -> Samples:
    """Read rows to explain; `y` goes before the labels that come with `x`.

    Parameters
    ----------
    x, y : as `attribute` takes them
    reads : sequence of network.functions.inputs.Part, optional
        What the model reads; None where it doesn't say.

    Raises
    ------
    ValueError
        If there are no rows, if a value is NaN, infinite or not what the model reads, or if `y`
        has another number of rows or another order.
    """
    data = x if isinstance(x, Data) else None
    names = None if data is None else data.feature_names
    rows_given = x
    if isinstance(x, (Data, Rows)):
        x, y = x.x, x.y if y is None else y
    if is_frame(x):
        names = tuple(str(name) for name in x.columns)
    inputs = read_inputs(x, "x", reads, names)
    count = n_rows(_parts(inputs), "x")
    labels = None if y is None else read_labels(y, rows_given, count)
    return Samples(inputs, labels, data, names)


def read_labels(y: Any, x: Any, rows: int) -> Array:
    """Return one label for each row: numbers, text, or a row of them.

    Raises
    ------
    ValueError
        If there are more or fewer than rows, some are missing, or both carry an index and the
        labels' is in another order.
    """
    if is_frame(x) and (is_series(y) or is_frame(y)) and _shuffled(x.index, y.index):
        raise ValueError(
            "y has the index of x in another order: labels go by position. Pass y.loc[x.index], or "
            "y.to_numpy() if the positions are right."
        )
    labels = as_array(y, "y", text=True)
    if labels.ndim == 0 or len(labels) != rows:
        raise ValueError(
            f"y needs one label for each of the {rows} rows of x. Received: shape={labels.shape}."
        )
    return labels


def _shuffled(ours: Any, theirs: Any) -> bool:
    """Whether two indices hold the same, in another order."""
    if len(ours) != len(theirs) or ours.equals(theirs):
        return False
    return bool(ours.sort_values().equals(theirs.sort_values()))


def read_inputs(
    x: Any, what: str, reads: Sequence[Part] | None = None, names: Sequence[str] | None = None
) -> Inputs | list[Array]:
    """Return arrays with at least one row of finite numbers, or of text.

    Parameters
    ----------
    x : as `attribute` takes it
    what : str
        For the errors.
    reads : sequence of network.functions.inputs.Part, optional
        What the model reads; None where it doesn't say.
    names : sequence of str, optional
        Of the columns of `x`.
    """
    if isinstance(x, Data):
        names = x.feature_names if names is None else names
    if isinstance(x, (Data, Rows)):
        x = x.x
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
    check_finite(parts, what, text=True)


def _parts(inputs: Inputs | list[Array]) -> Inputs:
    """Turn a list into a dict by position, for the checks that know dicts."""
    if isinstance(inputs, list):
        return {str(number): part for number, part in enumerate(inputs)}
    return inputs
