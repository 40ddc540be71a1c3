"""Additive networks by pruning beside boosted ones: accuracy, shape and size."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import explainprune as xp
from explainprune.analysis.metrics.agreement.moved_weight import moved_weight
from explainprune.reporting import plot
from explainprune.types import Data
from understood.sets import PLANTED, TABLES, loaded, planted_shapes, score, trained

UNITS = 256
WORKER = Path(__file__).with_name("ebm.py")


def ebm(python: str, data: Data, seed: int, pairs: int) -> dict[str, Any]:
    """Fit an EBM in its own interpreter on training and validation rows together."""
    x, y = (
        np.concatenate([getattr(data.train, part), getattr(data.validation, part)])
        for part in ("x", "y")
    )
    with tempfile.TemporaryDirectory() as folder:
        given, written = Path(folder, "in.npz"), Path(folder, "out.npz")
        np.savez(
            given, x_train=x, y_train=y, x_test=data.x, regression=data.task == "regression",
            pairs=pairs, seed=seed,
        )  # fmt: skip
        subprocess.run([python, str(WORKER), str(given), str(written)], check=True)
        return dict(np.load(written))


def shapes_of(shapes: Any, data: Data, target: int) -> Any:
    """Evaluate curves on the scored rows: (n, features)."""
    found = np.zeros(data.x.shape)
    for curve in shapes.curves:
        found[:, curve.feature] = curve(data.x[:, curve.feature].astype(float))[:, target]
    return found


def ours(data: Data, seed: int, epochs: int, limits: tuple[int, ...] = (1, 2)) -> dict[str, Any]:
    """Train wide, prune to one feature for each unit, and to two."""
    found: dict[str, Any] = {"dense": trained(data, seed, (UNITS,), epochs)}
    for k in limits:
        found[f"fan_in:{k}"] = xp.prune(
            found["dense"], data, criterion="magnitude", granularity=f"fan_in:{k}",
            schedule="geometric", steps=4, finetune_epochs=epochs, patience=20, seed=seed,
        ).model  # fmt: skip
    return found


def lines(python: str | None, seeds: int, epochs: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each table, seed and model."""
    for seed in range(seeds):
        for name in TABLES:
            data = loaded(name, seed)
            made = ours(data, seed, epochs)
            by: dict[str, Any] = {}
            for kind in ("dense", "fan_in:1", "fan_in:2"):
                model = made[kind]
                line = {"table": name, "seed": seed, "model": kind}
                line["score"] = score(data, model(data.x))
                if kind != "dense":
                    shapes = xp.shapes(model, data, background=data.train.x[:50], points=17)
                    line["terms"] = len(shapes.curves) + len(shapes.surfaces)
                    if kind == "fan_in:1":
                        by["ours"] = shapes_of(shapes, data, len(shapes.outputs) - 1)
                yield line
            two = data.task == "regression" or len(data.class_names) == 2
            for pairs in ((0, 10) if two else (0,)) if python else ():  # of more classes: too slow
                fitted = ebm(python, data, seed, pairs)
                yield {
                    "table": name, "seed": seed, "model": f"EBM, {pairs} pairs" if pairs else "EBM",
                    "score": score(data, fitted["outputs"]), "terms": int(fitted["terms"]),
                }  # fmt: skip
                if not pairs:
                    by["EBM"] = centred(fitted["shapes"])
            if python:
                yield from alike(name, seed, data, by)


def centred(shapes: Any) -> Any:
    """Return the last class's contributions, less the mean over classes; two classes have one."""
    if shapes.ndim == 2:
        return shapes
    return shapes[..., -1] - shapes.mean(axis=-1)


def alike(name: str, seed: int, data: Data, by: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield how alike both shapes are, and how near to the truth where it is known."""
    moved = moved_weight(by["ours"], by["EBM"] - by["EBM"].mean(axis=0), k=1)
    yield {"table": name, "seed": seed, "model": "ours to EBM", "moved": float(np.nanmean(moved))}
    if name != "planted":
        return
    truth = np.zeros(data.x.shape)
    truth[:, :PLANTED] = planted_shapes(data.x)
    truth -= truth.mean(axis=0)
    for who, found in by.items():
        error = np.sqrt(((found - found.mean(axis=0) - truth) ** 2).mean(axis=0))
        yield {
            "table": name, "seed": seed, "model": f"{who} to the truth",
            "error": float(error[:PLANTED].mean()), "of noise": float(error[PLANTED:].mean()),
        }  # fmt: skip


def figures(folder: Path, epochs: int) -> None:
    """Draw the shapes of two tables, before and after pruning, and a pair."""
    data = loaded("breast_cancer", 0)
    made = ours(data, 0, epochs, (1,))
    found = xp.shapes(made["fan_in:1"], data, before=made["dense"])
    plot.save(plot.shapes(found)[0].figure, folder / "shapes.svg")
    data = loaded("planted", 0)
    made = ours(data, 0, epochs, (1,))
    found = xp.shapes(made["fan_in:1"], data, before=made["dense"])
    plot.save(plot.shapes(found)[0].figure, folder / "planted.svg")


def table(lines: pd.DataFrame) -> list[list[str]]:
    """Return the rows of the page's table."""
    rows = []
    for name in TABLES:
        own = lines[lines["table"] == name]
        row = [name]
        for kind in ("dense", "fan_in:1", "EBM", "fan_in:2", "EBM, 10 pairs"):
            scores = 100 * own[own["model"] == kind]["score"]
            row.append(" / ".join(f"{each:.1f}" for each in scores) or "not run")
        row += [f"{own[own['model'] == kind]['terms'].mean():.0f}" for kind in ("fan_in:1", "EBM")]
        row.append(f"{own['moved'].dropna().mean():.2f}")
        rows.append(row)
    return rows
