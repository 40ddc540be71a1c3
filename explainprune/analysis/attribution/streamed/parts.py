"""Rows to explain, a part at a time: so that memory holds a part, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.analysis.attribution.reading.samples import Samples, read_samples
from explainprune.data.streams import batches, is_stream, rows_in
from explainprune.network.functions.inputs import Part as InputPart
from explainprune.types import Array, Attribution, Data, Inputs, Rows

Reads = Sequence[InputPart] | None

ROWS = 1000
"""Rows of a part, where nothing else is asked for."""


@dataclass(frozen=True)
class Part:
    """Some of the rows that are to be explained; `start` is the first one's place among all.

    `of_many` tells whether there are other parts.
    """

    samples: Samples
    number: int = 0
    start: int = 0
    of_many: bool = False


def parts_of(x: Any, y: Any = None, rows: int | None = None, reads: Reads = None) -> Iterator[Part]:
    """Yield the rows of `x` in order, read and checked, in parts of `rows`.

    Parameters
    ----------
    x : Data, Rows, ndarray, memmap, DataFrame, dict, list of ndarray, or tf.data.Dataset
        Only the part at hand is read of a memory-mapped array or a data set.
    y : ndarray (n,), optional
        Labels; a data set brings its own.
    rows : int, optional
        None: all in one part, and `ROWS` of a data set.
    reads : sequence of network.functions.inputs.Part, optional
        What the model reads; None where it doesn't say.
    """
    if is_stream(x):
        yield from _streamed(x, y, ROWS if rows is None else rows, reads)
        return
    total = count_of(x)
    if rows is None or total is None or total <= rows:
        yield Part(read_samples(x, y, reads))
        return
    for number, start in enumerate(range(0, total, rows)):
        taken = slice(start, start + rows)
        labels = None if y is None else _rows(y, taken)
        samples = _located(_rows(x, taken), labels, start, reads)
        yield Part(samples, number, start, of_many=True)


def count_of(x: Any) -> int | None:
    """Count the rows of `x` without reading them; None where that can't be told."""
    if is_stream(x):
        return rows_in(x)
    if isinstance(x, (Data, Rows)):
        x = x.x
    if isinstance(x, Mapping):
        x = next(iter(x.values()), ())
    elif isinstance(x, (list, tuple)) and any(hasattr(part, "shape") for part in x):
        x = x[0]
    countable = hasattr(x, "__len__") and not hasattr(x, "nnz") and np.ndim(x) > 0
    return len(x) if countable else None


def _streamed(x: Any, y: Any, rows: int, reads: Reads) -> Iterator[Part]:
    if y is not None:
        raise ValueError("y comes with a tf.data.Dataset: give it elements (x, y).")
    start = 0
    for number, (inputs, labels) in enumerate(batches(x, rows)):
        samples = _located(inputs, labels, start, reads)
        yield Part(samples, number, start, of_many=True)
        start += len(next(iter(inputs.values())) if isinstance(inputs, dict) else inputs)


def _located(x: Any, y: Any, start: int, reads: Reads) -> Samples:
    """Read a part; an error says where in the whole its indices begin."""
    try:
        return read_samples(x, y, reads)
    except ValueError as error:
        raise ValueError(f"{error} Indices count from row {start:,}.") from None


def _rows(x: Any, taken: slice) -> Any:
    """Return a slice of whatever holds rows."""
    if isinstance(x, Data):
        return x.with_(scored=x.scored.take(taken))
    if isinstance(x, Rows):
        return x.take(taken)
    if isinstance(x, Mapping):
        return {name: _rows(part, taken) for name, part in x.items()}
    if isinstance(x, (list, tuple)) and any(hasattr(part, "shape") for part in x):
        return [_rows(part, taken) for part in x]
    return x.iloc[taken] if hasattr(x, "iloc") else x[taken]


def joined(parts: Sequence[Attribution]) -> Attribution:
    """Put the attributions of parts, in order, together."""
    first = parts[0]
    if len(parts) == 1:
        return first
    return replace(
        first,
        values=_joined([part.values for part in parts]),
        base=np.concatenate([part.base for part in parts]),
        output=np.concatenate([part.output for part in parts]),
        targets=_maybe([part.targets for part in parts]),
        std_error=_maybe([part.std_error for part in parts]),
        gap_error=_maybe([part.gap_error for part in parts]),
        interactions=_maybe([part.interactions for part in parts]),
        x=_maybe([part.x for part in parts]),
        notes=notes_of(parts),
        options=options_of(parts),
    )


def notes_of(parts: Sequence[Any]) -> tuple[str, ...]:
    """Return each note once, in the order of appearance."""
    return tuple(dict.fromkeys(note for part in parts for note in part.notes))


def options_of(parts: Sequence[Any]) -> dict[str, Any]:
    """Return the options in force; of draws that parts settled for themselves, the fewest."""
    options = dict(parts[0].options)
    if "draws" in options:
        options["draws"] = min(part.options["draws"] for part in parts)
    return options


def _joined(parts: Sequence[Inputs]) -> Inputs:
    first = parts[0]
    if isinstance(first, dict):
        return {name: np.concatenate([part[name] for part in parts]) for name in first}
    together: Array = np.concatenate(parts)  # type: ignore[arg-type]
    return together


def _maybe(parts: Sequence[Any]) -> Any:
    return None if parts[0] is None else _joined(parts)
