"""One line for each run, kept as it comes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from explainprune.study.sabotage.trying import ALONE, Found

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / "reports" / "known_truth.csv"
LINES = ROOT / "docs" / "known_truth.csv"
COLUMNS = (
    *("scenario", "seed", "label", "right", "moved", "low", "high", *ALONE),
    *("dense needs it", "other needs it"),
)


def done() -> set[tuple[str, int]]:
    """Return which runs there are, committed or kept."""
    found = set()
    for path in (KEPT, LINES):
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                found |= {(line["scenario"], int(line["seed"])) for line in csv.DictReader(file)}
    return found


def keep(name: str, seed: int, found: Found) -> None:
    """Add one run."""
    numbers = (found.moved, found.low, found.high, *(found.figures[each] for each in ALONE))
    line = [name, seed, found.label, int(found.right)]
    line += [f"{number:.6g}" for number in (*numbers, *found.needs)]
    fresh = not KEPT.exists()
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    with KEPT.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([COLUMNS, line] if fresh else [line])


def publish(order: Sequence[str]) -> None:
    """Write the runs kept here into the committed lines, sorted; those not run here stay."""
    lines = pd.concat([pd.read_csv(path) for path in (KEPT, LINES) if path.exists()])
    lines = lines.drop_duplicates(["scenario", "seed"])  # kept ones come first
    lines = lines[lines["scenario"].isin(order)]
    place = lines["scenario"].map(list(order).index)
    lines = lines.assign(place=place).sort_values(["place", "seed"]).drop(columns="place")
    lines.to_csv(LINES, index=False, lineterminator="\n")
