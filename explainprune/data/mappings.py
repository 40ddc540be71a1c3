"""Files that map names to names: TOML, JSON, or a table of as many columns."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SUFFIXES = (".json", ".toml", ".csv")
_COUNT = {2: "two", 3: "three"}


def read_mapping(path: Path, what: str, columns: Sequence[str]) -> Any:
    """Read what a file holds; a table of three columns is a mapping for each value of the first.

    Parameters
    ----------
    path : Path
    what : str
        What the file holds, for the errors: ``"players"``.
    columns : sequence of str
        Of a table; a first line that says so is no entry.

    Raises
    ------
    ValueError
        If there is no such file, or it can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".csv":
            return _of_table(text, list(columns))
        return json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError:
        raise ValueError(f"No {what} file {path.name!r}.") from None
    except (ValueError, RecursionError, csv.Error) as error:
        called = f"{what.capitalize()} file {path.name!r}"
        raise ValueError(f"{called} could not be read: {error}.") from None


def _of_table(text: str, columns: list[str]) -> dict[str, Any]:
    lines = [[cell.strip() for cell in line] for line in csv.reader(text.splitlines()) if line]
    if any(len(line) != len(columns) for line in lines):
        *first, last = columns
        said = f"{', '.join(first)} and {last}"
        raise ValueError(f"expected {_COUNT[len(columns)]} columns, {said}")
    found: dict[str, Any] = {}
    for *keys, value in lines[1:] if lines[:1] == [columns] else lines:
        place = found
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return found
