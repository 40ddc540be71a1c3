"""Parts that are done, kept in files: a run goes on with them after it was stopped."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explainprune.analysis.attribution.in_parts.files import write_whole
from explainprune.analysis.attribution.results import (
    Gaps,
    gap_notes,
    gaps_of,
    notes_of,
    options_of,
)
from explainprune.data.reading import Samples
from explainprune.keeping import Store, mark
from explainprune.types import Attribution


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


ASKED = ("method", "target", "output", "seed", "rows_at_once", "options")
"""What the user said of the run: with parts of another, it isn't gone on with."""


class PartStore:
    """The parts of one run, in ``OUT.partial/``.

    Parameters
    ----------
    path : Path
        The file that is to be.
    plan : mapping
        What the numbers depend on, rows apart.
    resume : bool
        Whether parts that are there are used.
    """

    def __init__(self, path: Path, plan: Mapping[str, Any], resume: bool) -> None:
        self.path, self.method = path, str(plan["method"])
        self.parts: list[Summary] = []
        self.reused = 0
        self.store = Store(parts_folder(path))
        before = self.store.before() if resume else {}
        other = [key for key in ASKED if before and before.get(key) != plan[key]]
        if other:
            raise ValueError(
                f"Can't go on in {self.store.folder.name!r}: its parts had another "
                f"{', '.join(other)}. Run without resume to begin anew."
            )
        self.store.begin(plan, resume=resume)

    def add(self, samples: Samples, explain: Callable[[Samples], Attribution]) -> int:
        """Explain a part, unless that was done before; return its number of rows."""
        name = f"{samples.number:08d}"
        key = self.store.key(number=samples.number, rows=_rows_mark(samples))
        others = len(self.store.others)
        file = self.store.get(name, key, ".npz")
        if file is not None:
            found = Attribution.load(file)
            self.reused += len(found)
        else:
            if others == 0 and (said := self.store.why_others("of the parts")):
                warnings.warn(said, stacklevel=3)
            try:
                found = explain(samples)
            except BaseException:
                if not self.parts and self.store.empty:  # nothing to go on with
                    self.store.remove()
                raise
            file = self.store.put(name, key, ".npz", found.save)
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
        unfinished = self.store.folder / f"whole{self.path.suffix}.unfinished"
        files = [part.file for part in self.parts]
        write_whole(unfinished, self.path.suffix, files, rows, said, top)
        unfinished.replace(self.path)
        self.store.remove()
        return Written(self.path, rows, self.reused, gap, notes)


def parts_folder(path: Path) -> Path:
    """Return where the parts of a file are kept until it is whole."""
    return path.with_name(path.name + ".partial")


def _rows_mark(samples: Samples) -> str:
    """Return a checksum of rows, and of what the results say of them."""
    data = samples.data
    known = None if data is None else (data.scored.raw, data.players, data.player_names)
    return mark(
        (samples.x, samples.y, samples.feature_names, samples.class_names, samples.task, known)
    )
