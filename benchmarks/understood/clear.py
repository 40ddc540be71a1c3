"""The search for the clearest network, from several starts, and what comes back in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

import explainprune as xp
from explainprune.reporting import plot
from understood.sets import loaded, score, trained

SETS = ("breast_cancer",)
MARGINS = {"accuracy": 0.02, "moved_weight": 0.25}
HIDDEN = (32, 16)


def lines(seeds: int, epochs: int) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield a line for each start: what was chosen, and what it is on rows that chose nothing."""
    for name in SETS:
        data = loaded(name, 0)
        for seed in range(seeds):
            dense = trained(data, seed, HIDDEN, epochs)
            try:
                found = xp.prune(
                    dense, data, objective="clear", margins=MARGINS, steps=1,
                    finetune_epochs=epochs // 3, patience=10, seed=seed,
                )  # fmt: skip
            except ValueError as reason:
                yield {"set": name, "seed": seed, "why_not": str(reason)}, None
                continue
            (chosen,) = found.frontier[found.frontier["chosen"]].to_dict("records")
            compared = xp.compare(dense, found.model, data, masks=found.masks, detail=False)
            moved = compared.verdict.evidence["moved_weight"]
            yield (
                {
                    "set": name, "seed": seed, "inputs": chosen["inputs"],
                    "of": data.x.shape[1], "connections": chosen["connections"],
                    "exact_cost": chosen["exact_cost"],
                    "chosen_on": chosen["moved_weight"],
                    "dense_score": score(data, dense(data.x)),
                    "score": score(data, found.model(data.x)),
                    "verdict": compared.verdict.label, "clarity": compared.clarity.label,
                    "moved": moved.value,
                },
                found,
            )  # fmt: skip


def table(lines: pd.DataFrame) -> list[list[str]]:
    """Return the rows of the page's table."""
    rows = []
    for name, own in lines.groupby("set", sort=False):
        inputs = f"{own['inputs'].min():.0f} to {own['inputs'].max():.0f}"
        verdicts = ", ".join(
            f"{count} {label}" for label, count in own["verdict"].value_counts().items()
        )
        rows.append(
            [
                name, f"{own['of'].iloc[0]} → {inputs}",
                f"{own['connections'].min():.0f} to {own['connections'].max():.0f}",
                f"{own['exact_cost'].median():,.0f}",
                f"{100 * own['dense_score'].mean():.1f} → {100 * own['score'].mean():.1f}",
                f"{100 * own['chosen_on'].mean():.0f} → {100 * own['moved'].mean():.0f}",
                verdicts,
            ]
        )  # fmt: skip
    return rows


def figure(folder: Path, frontier: Any) -> None:
    """Draw what one search has tried."""
    plot.save(plot.clearest(frontier).figure, folder / "clear.svg")
