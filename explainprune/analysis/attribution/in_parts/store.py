"""Parts that are done, kept in files: a run goes on with them after it was stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explainprune.analysis.attribution.in_parts.files import save_part, write_whole
from explainprune.analysis.attribution.results import (
    Gaps,
    gap_notes,
    gaps_of,
    notes_of,
    options_of,
)
from explainprune.data.reading import Samples
from explainprune.types import Attribution
from explainprune.types.arrays import checksum


@dataclass(frozen=True)
class Written:
    """What `attribute_to` did.

    Attributes
    ----------
    path : Path
    rows : int
    reused : int
        Rows that an earlier, interrupted run had explained.
    relative_gap : float
        The largest of all parts.
    notes : tuple of str
    """

    path: Path
    rows: int
    reused: int
    relative_gap: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """What is kept in memory of a part."""

    file: Path
    rows: int
    notes: tuple[str, ...]
    options: dict[str, Any]
    gap: float
    gaps: Gaps


class PartStore:
    """The parts of one run, in ``OUT.partial/``.

    Parameters
    ----------
    path : Path
        The file that is to be.
    plan : mapping
        What the numbers depend on, rows apart: parts of another plan are not gone on with.
    resume : bool
        False: whatever is in the folder is removed.
    """

    def __init__(self, path: Path, plan: Mapping[str, Any], resume: bool) -> None:
        self.path, self.method = path, str(plan["method"])
        self.folder = path.with_name(path.name + ".partial")
        self.parts: list[Summary] = []
        self.reused = 0
        if resume and self.folder.is_dir():
            _check_plan(self.folder / "plan.json", plan)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir()
            (self.folder / "plan.json").write_text(json.dumps(plan, indent=1), encoding="utf-8")

    def add(self, samples: Samples, explain: Callable[[Samples], Attribution]) -> int:
        """Explain a part, unless that was done before; return its number of rows."""
        # The rows are in the name, so that a part of other rows is never mistaken for this one.
        file = self.folder / f"{samples.number:08d}-{_rows_mark(samples)[:16]}.npz"
        if file.exists():
            found = Attribution.load(file)
            self.reused += len(found)
        else:
            try:
                found = explain(samples)
            except BaseException:
                if not self.parts:  # nothing that a later run could go on with
                    shutil.rmtree(self.folder, ignore_errors=True)
                raise
            save_part(found, file)
        self.parts.append(
            Summary(
                file, len(found), found.notes, found.options, found.relative_gap, gaps_of(found)
            )
        )
        return len(found)

    def finished(self, top: int | None = None) -> Written:
        """Write the one file, and put it in its place when it is whole."""
        rows = sum(part.rows for part in self.parts)
        gap = max(part.gap for part in self.parts)
        notes = (
            *notes_of(self.parts),
            *gap_notes(self.method, [part.gaps for part in self.parts]),
        )
        said = {"notes": notes, "options": options_of(self.parts)}
        unfinished = self.folder / f"whole{self.path.suffix}"
        write_whole(unfinished, [part.file for part in self.parts], rows, said, top)
        unfinished.replace(self.path)
        shutil.rmtree(self.folder, ignore_errors=True)
        return Written(self.path, rows, self.reused, gap, notes)


def mark(*arrays: Any) -> str:
    """Return a checksum of arrays in their order; None counts as absent."""
    return checksum(("", array) for array in arrays)


def _rows_mark(samples: Samples) -> str:
    x = samples.x
    arrays = list(x.values()) if isinstance(x, dict) else x if isinstance(x, list) else [x]
    return mark(*arrays, samples.y)


def _check_plan(file: Path, plan: Mapping[str, Any]) -> None:
    """Raise if the parts that are there came about in another way."""
    try:
        before = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = {}
    other = [key for key in plan if before.get(key) != plan[key]]
    if other:
        raise ValueError(
            f"Can't go on in {file.parent.name!r}: its parts had another {', '.join(other)}. "
            "Run without resume to begin anew."
        )
