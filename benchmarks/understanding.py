"""Measure docs/understanding.md: additive networks beside EBMs, circuits, the clearest network.

    python -m venv E && E/bin/pip install interpret-core        # EBMs: an interpreter of their own
    python benchmarks/understanding.py shapes --ebm E/bin/python
    python benchmarks/understanding.py circuits
    python benchmarks/understanding.py clear
    python benchmarks/understanding.py page                     # tables from docs/understanding/

Each part writes its lines and figures to docs/understanding/, and the page's tables anew; the
parts take about ten minutes each on two cores. --quick: one seed, few epochs, nothing written.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from _page import fill, table
from understood import additive, circuits, clear

PAGE = Path(__file__).parents[1] / "docs" / "understanding.md"
FOLDER = PAGE.with_suffix("")
COLUMNS = {
    "shapes": (
        "table", "dense", "fan_in:1", "EBM", "fan_in:2", "EBM, 10 pairs", "features of fan_in:1",
        "features of EBM", "moved weight between both",
    ),
    "circuits": (
        "network", "accuracy, %", "effective features", "live connections", "in the circuit",
        "units", "inputs", "loss on other rows", "shuffled labels", "random weights",
    ),
    "back": ("what", "kind", "in circuits", "by chance", "chance of as many", ""),
    "clear": (
        "set", "live inputs", "live connections", "exact steps a pair", "accuracy, %",
        "moved weight, %, chosen on → on others", "verdicts",
    ),
}  # fmt: skip


def gathered(name: str, lines: Iterable[Any], quick: bool) -> list[Any]:
    """Print lines as they come, and write those so far beside the page; return what came."""
    found = []
    for line in lines:
        found.append(line)
        print(line, flush=True)
        if not quick:
            FOLDER.mkdir(exist_ok=True)
            rows = [each[0] if isinstance(each, tuple) else each for each in found]
            table = pd.DataFrame(rows)
            table.to_csv(FOLDER / f"{name}.csv", index=False, float_format="%.6g")
    return found


def shapes(options: Any, epochs: int) -> None:
    """Measure additive networks."""
    gathered("shapes", additive.lines(options.ebm, options.seeds, epochs), options.quick)
    if not options.quick:
        additive.figures(FOLDER, epochs)


def found_circuits(options: Any, epochs: int) -> None:
    """Measure circuits, and what comes back of those of breast_cancer."""
    controls = 0 if options.quick else 2
    found = gathered("circuits", circuits.lines(options.seeds, epochs, controls), options.quick)
    wanted = {"set": "breast_cancer", "model": "pruned", "class": 0}
    again = [each for line, each in found if each is not None and wanted.items() <= line.items()]
    if not options.quick:
        circuits.figure(FOLDER, again)
        pd.DataFrame(circuits.back(again), columns=COLUMNS["back"]).to_csv(
            FOLDER / "back.csv", index=False
        )


def clearest(options: Any, epochs: int) -> None:
    """Measure the search for the clearest network."""
    found = gathered("clear", clear.lines(options.seeds, epochs), options.quick)
    frontiers = [each.frontier for _, each in found if each is not None]
    if not options.quick and frontiers:
        clear.figure(FOLDER, frontiers[0])


def page() -> None:
    """Fill the page's tables from the lines."""
    found: dict[str, Any] = {}
    for name, rows in (
        ("shapes", additive.table),
        ("circuits", circuits.table),
        ("clear", clear.table),
    ):
        if (FOLDER / f"{name}.csv").is_file():
            found[name] = rows(pd.read_csv(FOLDER / f"{name}.csv"))
    if (FOLDER / "back.csv").is_file():
        found["back"] = pd.read_csv(FOLDER / "back.csv", dtype=str, keep_default_na=False).values
    fill(PAGE, {name: partial(table, COLUMNS[name], rows) for name, rows in found.items()})


def main() -> None:
    """Measure one part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=("shapes", "circuits", "clear", "page"))
    parser.add_argument("--ebm", help="an interpreter with interpret-core; without, no EBMs")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.seeds = 1
    epochs = 3 if options.quick else options.epochs
    parts = {"shapes": shapes, "circuits": found_circuits, "clear": clearest}
    for name, measure in parts.items():
        if options.part in (None, name):
            measure(options, epochs)
    if not options.quick:
        page()


if __name__ == "__main__":
    main()
