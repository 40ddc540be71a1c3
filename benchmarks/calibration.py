"""Do the verdicts keep their error rates? Planted truth, hard cases, seeds, and real data.

    python benchmarks/calibration.py                 what is missing, then the page; some hours
    python benchmarks/calibration.py --only margin   experiments whose name holds a word
    python benchmarks/calibration.py --runs 20       so many runs a cell at most
    python benchmarks/calibration.py --page          the page, from docs/calibration.csv

Runs are kept under reports/calibration: an interrupted command goes on where it was. With what
they give, docs/calibration.csv is brought up to date, and docs/calibration.md is made from it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

from _page import fill
from calibrated import clarity, hard, operating, procedure, promises, real
from calibrated.page import PAGE, TABLES
from calibrated.store import Cell, finish, gather

PARTS = (operating, hard, promises, clarity, procedure, real)


def cells(word: str = "") -> Iterator[Cell]:
    """Yield every cell whose experiment holds `word`."""
    for part in PARTS:
        yield from (cell for cell in part.cells() if word in cell.experiment)


def main() -> None:
    """Run what is missing, then write the lines and the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="experiments whose name holds this")
    parser.add_argument("--runs", type=int, help="runs of a cell at most")
    parser.add_argument("--page", action="store_true", help="only write the page")
    asked = parser.parse_args()
    if not asked.page:
        for cell in cells(asked.only):
            started = time.monotonic()
            finish(cell, asked.runs)
            print(f"{cell.experiment}: {cell.key} ({time.monotonic() - started:.0f} s)", flush=True)
        gather(cells())
    fill(PAGE, TABLES)


if __name__ == "__main__":
    main()
