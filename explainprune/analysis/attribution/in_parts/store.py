"""Parts that are done, kept in files: a run goes on with them after it was stopped."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explainprune.analysis.attribution.in_parts.files import write_whole
from explainprune.analysis.attribution.results import Gaps, gap_notes, gaps_of, notes_of, options_of
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
    method : str
        The one that was used.
    """

    path: Path
    rows: int
    reused: int
    relative_gap: float
    notes: tuple[str, ...]
    method: str


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
    tick : callable
        Told how many rows are done, after each part.
    """

    def __init__(
        self, path: Path, plan: Mapping[str, Any], resume: bool, tick: Callable[[int], None]
    ) -> None:
        self.path, self.method, self.tick = path, str(plan["method"]), tick
        self.parts: dict[int, Summary] = {}
        self._keys: dict[int, str] = {}
        self.rows = self.reused = 0
        self.store = Store(parts_folder(path))
        before = self.store.before() if resume else {}
        other = [key for key in ASKED if before and before.get(key) != plan[key]]
        if other:
            raise ValueError(
                f"Can't go on in {self.store.folder.name!r}: its parts had another "
                f"{', '.join(other)}. Run without resume to begin anew."
            )
        self.store.begin(plan, resume=resume)

    def lacking(self, parts: Iterable[Samples]) -> Generator[Samples, None, None]:
        """Take what an earlier run has explained, and yield the other parts."""
        for samples in parts:
            others = len(self.store.others)
            key = self.store.key(number=samples.number, rows=_rows_mark(samples))
            file = self.store.get(_name(samples), key, ".npz")
            if file is not None:
                self.reused += self._add(samples, file)
                continue
            if others == 0 and (said := self.store.why_others("of the parts")):
                warnings.warn(said, stacklevel=4)
            self._keys[samples.number] = key
            yield samples

    def put(self, samples: Samples, write: Callable[[Path], Any]) -> None:
        """Keep the attribution of a part, which `write` writes to a path."""
        key = self._keys.pop(samples.number)
        self._add(samples, self.store.put(_name(samples), key, ".npz", write))

    def _add(self, samples: Samples, file: Path) -> int:
        found = Attribution.load(file)
        self.parts[samples.number] = Summary(
            file, len(found), found.notes, found.options, found.relative_gap, gaps_of(found)
        )
        self.rows += len(found)
        self.tick(self.rows)
        return len(found)

    def given_up(self) -> None:
        """Leave nothing where there is nothing to go on with."""
        if not self.parts and self.store.empty:
            self.store.remove()

    def finished(self, top: int | None = None) -> Written:
        """Write the one file, and put it in its place when it is whole."""
        parts = [self.parts[number] for number in sorted(self.parts)]
        gap = max(part.gap for part in parts)
        notes = (*notes_of(parts), *gap_notes(self.method, [part.gaps for part in parts]))
        said = {"notes": notes, "options": options_of(parts)}
        unfinished = self.store.folder / f"whole{self.path.suffix}.unfinished"
        files = [part.file for part in parts]
        write_whole(unfinished, self.path.suffix, files, self.rows, said, top)
        unfinished.replace(self.path)
        self.store.remove()
        return Written(self.path, self.rows, self.reused, gap, notes, self.method)


def _name(samples: Samples) -> str:
    return f"{samples.number:08d}"


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
