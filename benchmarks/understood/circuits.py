"""Circuits of each class at one loss: in dense and in pruned networks, with their controls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import explainprune as xp
from explainprune.analysis.metrics.quality.spread import effective_features
from explainprune.reporting import plot
from explainprune.types import Circuit, recurring
from understood.sets import loaded, score, trained

CASES = {"breast_cancer": ((32, 16), 0.9, 0.1, (0,)), "digits": ((64, 32), 0.9, 0.05, (0, 1, 2))}
"""Hidden layers, the share that is pruned, the loss that circuits are found at, and the classes."""
STARTS = {"digits": 1}
"""Where fewer than all starts are looked at."""


def models(name: str, seed: int, epochs: int) -> tuple[Any, dict[str, Any]]:
    """Train a network and prune it."""
    hidden, share, *_ = CASES[name]
    data = loaded(name, 0)
    dense = trained(data, seed, hidden, epochs)
    pruned = xp.prune(dense, data, sparsity=share, finetune_epochs=epochs, patience=20, seed=seed)
    return data, {"dense": dense, "pruned": pruned.model}


def effective(model: Any, data: Any) -> float:
    """Return the mean number of effective features of the explanations of 100 rows."""
    found = xp.attribute(
        model, data.x[:100], background=data.train.x[:50], method="expected_gradients",
        output="centred",
    )  # fmt: skip
    return float(np.nanmean(effective_features(found.values.reshape(100, -1))))


def lines(seeds: int, epochs: int, controls: int) -> Iterator[tuple[dict[str, Any], Circuit]]:
    """Yield a line for each network and class, with the circuit."""
    for name, (*_, loss, classes) in CASES.items():
        for seed in range(min(seeds, STARTS.get(name, seeds))):
            data, made = models(name, seed, epochs)
            for kind, model in made.items():
                whole = {"set": name, "seed": seed, "model": kind}
                whole |= {"score": score(data, model(data.x)), "effective": effective(model, data)}
                for target in classes:
                    yield _line(whole, model, data, target, loss, controls if seed == 0 else 0)


def _line(
    whole: dict[str, Any], model: Any, data: Any, target: int, loss: float, controls: int
) -> tuple[dict[str, Any], Any]:
    try:
        found = xp.circuit(model, data, target, loss=loss, controls=controls)
    except ValueError as reason:
        return whole | {"class": target, "why_not": str(reason)}, None
    line = whole | {"class": target, "live": found.live.connections, "size": found.size}
    line |= {"units": found.kept.units, "inputs": found.kept.inputs, "held_out": found.held_out}
    line |= {"whole_held_out": found.whole_held_out}
    for control in ("nonsense", "random"):
        sizes = getattr(found, control)
        line[f"{control} tried"] = len(sizes)
        line[f"{control} reached"] = sum(size is not None for size in sizes)
        line[f"{control} size"] = np.mean([s for s in sizes if s is not None] or [np.nan])
    return line, found


def table(lines: pd.DataFrame) -> list[list[str]]:
    """Return the rows of the page's table: means over classes and seeds."""
    rows = []
    for (name, kind), own in lines.groupby(["set", "model"], sort=False):
        controls = []
        for control in ("nonsense", "random"):
            tried, reached = own[f"{control} tried"].sum(), own[f"{control} reached"].sum()
            size = own[f"{control} size"].mean()
            at = f", at {size:.0f}" if reached else ""
            controls.append(f"{reached:.0f} of {tried:.0f}{at}")
        rows.append(
            [
                f"{name}, {kind}", f"{100 * own['score'].mean():.1f}",
                f"{own['effective'].mean():.1f}", f"{own['live'].mean():,.0f}",
                f"{own['size'].mean():.0f}", f"{own['units'].mean():.0f}",
                f"{own['inputs'].mean():.0f}", f"{own['held_out'].mean():.2f}", *controls,
            ]
        )  # fmt: skip
    return rows


def figure(folder: Path, circuits: list[Circuit]) -> None:
    """Draw one circuit."""
    small = min((each for each in circuits if each is not None), key=lambda each: each.size)
    plot.save(plot.network(small).figure, folder / "circuit.svg")


def back(circuits: list[Circuit]) -> list[list[str]]:
    """Return what comes back across seeds, the likeliest to be more than chance first."""
    found = recurring(circuits).sort_values("chance").head(8)
    return [
        [
            each["item"], each["kind"], f"{each['circuits']} of {each['of']}",
            f"{each['expected']:.1f}", f"{each['chance']:.1e}",
            "comes back" if each["comes_back"] else "may be an accident",
        ]
        for each in found.to_dict("records")
    ]  # fmt: skip
