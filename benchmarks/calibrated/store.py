"""Cells of runs: done in pieces, kept as they come, so that an interrupted command goes on."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calibrated.rates import Rate

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "reports" / "calibration"
LINES = ROOT / "docs" / "calibration.csv"
PIECE = 25
COLUMNS = ("experiment", "cell", "figure", "runs", "total", "squares")

Run = Callable[[int], Mapping[str, float]]


@dataclass(frozen=True)
class Cell:
    """One setting: `run(number)` returns figures that are added up over runs."""

    experiment: str
    key: str
    run: Run
    runs: int = 200

    @property
    def file(self) -> Path:
        safe = "".join(c if c.isalnum() or c in "-.=" else "_" for c in self.key)
        return FOLDER / self.experiment / f"{safe}.json"


@dataclass(frozen=True)
class Sum:
    """A figure added up over runs."""

    runs: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.runs

    @property
    def deviation(self) -> float:
        if self.runs < 2:
            return 0.0
        return max(0.0, (self.squares - self.total**2 / self.runs) / (self.runs - 1)) ** 0.5

    @property
    def rate(self) -> Rate:
        return Rate(round(self.total), self.runs)


def finish(cell: Cell, runs: int | None = None) -> None:
    """Make the runs that a cell still lacks, a piece at a time."""
    wanted = cell.runs if runs is None else min(runs, cell.runs)
    sums, done = _read(cell.file)
    while done < wanted:
        upto = min(done + PIECE, wanted)
        for number in range(done, upto):
            for name, value in cell.run(number).items():
                count, total, squares = sums.get(name, (0, 0.0, 0.0))
                sums[name] = (count + 1, total + value, squares + value**2)
        done = upto
        cell.file.parent.mkdir(parents=True, exist_ok=True)
        kept = {"cell": cell.key, "done": done, "figures": sums}
        fresh = cell.file.with_suffix(".new")
        fresh.write_text(json.dumps(kept), encoding="utf-8")
        fresh.replace(cell.file)


def _read(file: Path) -> tuple[dict[str, tuple[int, float, float]], int]:
    if not file.exists():
        return {}, 0
    kept: Any = json.loads(file.read_text(encoding="utf-8"))
    return {name: tuple(sums) for name, sums in kept["figures"].items()}, kept["done"]


def gather(cells: Iterable[Cell]) -> None:
    """Write what has been run into the committed lines; cells not run here keep theirs."""
    old: dict[tuple[str, str], dict[str, Sum]] = {}
    for experiment, key, name, found in read_lines():
        old.setdefault((experiment, key), {})[name] = found
    with LINES.with_suffix(".new").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for cell in cells:
            sums, _ = _read(cell.file)
            figures = {name: Sum(*three) for name, three in sums.items()}
            for name, s in (figures or old.get((cell.experiment, cell.key), {})).items():
                figure = [f"{s.total:.8g}", f"{s.squares:.8g}"]
                writer.writerow([cell.experiment, cell.key, name, s.runs, *figure])
    LINES.with_suffix(".new").replace(LINES)


def read_lines(path: Path = LINES) -> Iterator[tuple[str, str, str, Sum]]:
    """Yield experiment, cell, figure and its sum."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            found = Sum(int(line["runs"]), float(line["total"]), float(line["squares"]))
            yield line["experiment"], line["cell"], line["figure"], found


def results(experiment: str, path: Path = LINES) -> dict[str, dict[str, Sum]]:
    """Return an experiment's figures by cell."""
    found: dict[str, dict[str, Sum]] = {}
    for name, cell, figure, s in read_lines(path):
        if name == experiment:
            found.setdefault(cell, {})[figure] = s
    return found
