"""Draw docs/exact.svg, and print the tables of docs/exact.md, from docs/exact.csv.

The lines of docs/exact.csv are those that `examples/exact_by_pruning.py` prints, the seconds
measured anew on an idle machine for wine, breast_cancer and MNIST, the processor's for digits.
Nothing is trained here.

    python benchmarks/exact_frontier.py               some seconds
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from explainprune.analysis.intervals import t_mean
from explainprune.reporting.plot import COLOURS, new_figure, save, styled

DOCS = Path(__file__).parents[1] / "docs"
DENSE, LONGER = "dense", "dense, trained on"
LINES = ("dense", "other", "positive", "negative", "mark", "ink")


def half_width(values: Any) -> float:
    """Return half the width of the 95 % interval over seeds."""
    low, high = t_mean(values).interval or (np.nan, np.nan)
    return (high - low) / 2


def summary(lines: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each network of one data set: means over seeds, in points."""
    by_seed = lines.pivot(index="seed", columns="network", values="accuracy") * 100
    found = lines.groupby("network", sort=False)[["coalitions", "seconds", "gap"]].mean()
    found["worst_gap"] = lines.groupby("network", sort=False)["gap"].max()
    for name, beside in (("dense", DENSE), ("longer", LONGER)):
        lost = by_seed.sub(by_seed[beside], axis=0)
        found[f"from_{name}"] = lost.mean()
        found[f"from_{name}_half"] = lost.apply(half_width)
    found["accuracy"], found["accuracy_half"] = by_seed.mean(), by_seed.apply(half_width)
    found["seeds"] = by_seed.notna().sum()
    return found


def table(found: pd.DataFrame) -> str:
    """Return the rows of a Markdown table."""
    rows = [
        "| network | accuracy, % | less dense | less dense, trained on | coalitions | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in found.iterrows():
        sparse = name not in (DENSE, LONGER)
        cells = [
            str(name),
            f"{row.accuracy:.2f} ± {row.accuracy_half:.2f}",
            "" if name == DENSE else f"{row.from_dense:+.2f} ± {row.from_dense_half:.2f}",
            f"{row.from_longer:+.2f} ± {row.from_longer_half:.2f}" if sparse else "",
            f"{row.coalitions:,.0f}" if sparse else "out of reach",
            f"{row.seconds:.3f}" if sparse else "",
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def drawing(found: dict[str, pd.DataFrame]) -> Any:
    """Draw what accuracy is lost against seconds: one line for each data set."""
    figure = new_figure(7.2, 3.4)
    axes = figure.subplots()
    axes.axhline(0, color=COLOURS["muted"], linewidth=0.8)
    for (name, each), colour, shape in zip(found.items(), LINES, "osD^vP", strict=False):
        sparse = each.drop([DENSE, LONGER]).sort_values("seconds")
        axes.errorbar(
            sparse.seconds, sparse.from_longer, sparse.from_longer_half,
            color=COLOURS[colour], marker=shape, markersize=4, capsize=2, linewidth=1, label=name,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("seconds per exact explanation, all outputs, 100 background rows")
    axes.set_ylabel("accuracy less dense\n(trained as long), points")
    axes.legend()
    return figure


def main() -> None:
    """Print tables and draw the figure."""
    lines = pd.read_csv(DOCS / "exact.csv", dtype={"hidden": str})
    found = {}
    for (data, hidden), part in lines.groupby(["data", "hidden"], sort=False):
        label = f"{data}, {hidden} hidden" if "c" not in hidden else f"{data}, convolutions"
        found[label] = summary(part)
        seeds = int(found[label].seeds.max())
        print(f"### {label} ({seeds} seeds)\n\n{table(found[label])}\n")
        print(f"worst |gap| {found[label].worst_gap.max():.1e}\n")
    with styled():
        save(drawing(found), DOCS / "exact.svg")


if __name__ == "__main__":
    main()
