"""The tables beside the page: every unit, and every attribution that the page draws."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from explainprune.types import Detail, Sample

UNIT_COLUMNS = ("layer", "unit", "before", "after", "rank_before", "rank_after", "kept")
ATTRIBUTION_COLUMNS = ("row", "feature", "x", "dense", "other")


def write_units(detail: Detail, path: Path) -> None:
    """Write ``units.csv``: one line for each neuron; an empty cell is a unit without that score."""
    _write(
        path,
        UNIT_COLUMNS,
        ([getattr(unit, column) for column in UNIT_COLUMNS] for unit in detail.units),
    )


def write_attributions(detail: Detail, path: Path) -> None:
    """Write ``attributions.csv``: one line for each feature of each sample in the gallery."""
    lines = (line for sample in detail.samples for line in _sample(sample, detail.feature_names))
    _write(path, ATTRIBUTION_COLUMNS, lines)


def _sample(sample: Sample, names: tuple[str, ...]) -> Iterator[list[Any]]:
    count = len(sample.dense)
    known = names if len(names) == count else tuple(f"x{i}" for i in range(count))
    inputs = sample.x if len(sample.x) == count else (None,) * count
    for name, x, dense, other in zip(known, inputs, sample.dense, sample.other, strict=True):
        yield [sample.row, name, x, dense, other]


def _write(path: Path, columns: Iterable[str], lines: Iterable[list[Any]]) -> None:
    """Write numbers so that reading them gives the same bits; None is an empty cell."""
    # Lone surrogates, which no encoding holds, are written as escapes.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in line] for line in lines)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else value
