"""Pruning that holds reasons, beside plain fine-tuning and distillation, judged by `compare`.

Each seed trains a dense model and prunes it by magnitude, the same each time but for what
fine-tuning holds; held-out rows are compared. A line for each pruned model goes to
docs/preserving.csv, which a later run goes on from; the page's tables are made of it.

    nice -n 10 python benchmarks/preserving.py           # 20 minutes of one core
    python benchmarks/preserving.py --page               # the tables of docs/preserving.md alone
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from _page import put
from pruned.tables import markdown, shown

import explainprune as xp
from explainprune.network import fit, perceptron
from explainprune.network.training.performance import performance
from explainprune.network.training.preserving import Preserve
from explainprune.network.training.trainer import Trainer

DOCS = Path(__file__).parents[1] / "docs"
LINES, PAGE = DOCS / "preserving.csv", DOCS / "preserving.md"
SEEDS = range(6)
TRAIN, SCORED, COMPARED, BACKGROUNDS = 3000, 2000, 60, 6 * 20
"""Of MNIST the rows to learn from and to score; of all sets those to compare, and against how many
rows each: no more draws, which intervals as narrow as these don't need."""
ARMS = ("plain", "logits", "attributions")


@dataclass(frozen=True)
class Case:
    """A set, what is trained on it, for how long before and after, and how much is removed."""

    called: str
    data: Callable[[], Any]
    model: Callable[[Any, int], Any]
    epochs: tuple[int, int]
    sparsities: tuple[float, float]


def mnist() -> Any:
    """Some rows of MNIST."""
    data, rng = xp.load_data("mnist"), np.random.default_rng(0)
    train, scored = (
        rows.take(np.sort(rng.choice(len(rows), count, replace=False)))
        for rows, count in ((data.train, TRAIN), (data.scored, SCORED))
    )
    return data.with_(train=train, scored=scored, validation=None)


def layered(*hidden: int) -> Callable[[Any, int], Any]:
    """Return what makes a perceptron for a set and a seed."""

    def model(data: Any, seed: int) -> Any:
        outputs = 1 if data.task == "regression" else len(data.class_names)
        return perceptron(data.x.shape[1], outputs, hidden=hidden, seed=seed)

    return model


def convolutional(data: Any, seed: int) -> Any:
    """Two convolutions and two dense layers."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((784,)),
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10),
        ]
    )


def built_in(name: str) -> Callable[[], Any]:
    """Return what loads a set."""
    return lambda: xp.load_data(name)


CASES = {
    "breast_cancer": Case(
        "breast cancer, 32–16", built_in("breast_cancer"), layered(32, 16), (40, 24), (0.8, 0.9)
    ),
    "diabetes": Case(
        "diabetes (R²), 32–16", built_in("diabetes"), layered(32, 16), (40, 24), (0.8, 0.9)
    ),
    "digits": Case("digits, 64–32", built_in("digits"), layered(64, 32), (40, 24), (0.9, 0.8)),
    "mnist": Case("MNIST, 128–64", mnist, layered(128, 64), (10, 12), (0.9, 0.95)),
    "cnn": Case("MNIST, convolutional", mnist, convolutional, (10, 12), (0.8, 0.9)),
}


def trained(case: Case, data: Any, seed: int) -> Any:
    """Return the dense model of one seed."""
    model = case.model(data, seed)
    scores = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss = "mse" if data.task == "regression" else scores
    model.compile(keras.optimizers.Adam(1e-3), loss)
    return fit(model, data.train, epochs=case.epochs[0], seed=seed)[0]


def what(arm: str) -> str | None:
    """Say what an arm holds."""
    return None if arm == "plain" else arm


def epoch_seconds(dense: Any, data: Any, arm: str) -> float:
    """Time one epoch of fine-tuning by the processor's clock, compiling aside."""
    held = None if arm == "plain" else Preserve(arm, dense)
    trainer = Trainer(dense, data.train, preserve=held)
    trainer.run(dense, epochs=1)
    begin = time.process_time()
    trainer.run(dense, epochs=3)
    return (time.process_time() - begin) / 3


def lines(name: str, seed: int, sparsity: float) -> Iterator[dict[str, Any]]:
    """Prune one dense model in every way, and compare."""
    case = CASES[name]
    data = case.data()
    dense = trained(case, data, seed)
    score = "r2" if data.task == "regression" else "accuracy"
    pruned = {
        arm: xp.prune(
            dense,
            data,
            criterion="magnitude",
            sparsity=sparsity,
            steps=3,
            finetune_epochs=case.epochs[1],
            preserve=what(arm),
            seed=seed,
        ).model
        for arm in ARMS
    }
    found = xp.compare_several(
        dense,
        pruned,
        data,
        rows=COMPARED,
        effort=COMPARED * BACKGROUNDS,
        metrics=[],
        detail=False,
        seed=seed,
    )
    for arm, comparison in found.items():
        moved = comparison.verdict.evidence["moved_weight"]
        yield {
            "case": name,
            "sparsity": sparsity,
            "seed": seed,
            "arm": arm,
            "moved": round(moved.value, 4),
            "low": round(moved.low, 4),
            "high": round(moved.high, 4),
            "label": comparison.verdict.label,
            "score": round(performance(pruned[arm], data.scored)[score], 4),
            "dense": round(performance(dense, data.scored)[score], 4),
            "epoch_seconds": round(epoch_seconds(dense, data, arm), 4) if seed == 0 else None,
        }


def measure() -> None:
    """Run what isn't in the file yet: a first seed of every set, then what takes least first."""
    jobs = [
        (turn, seed > 0, place, seed, name)
        for turn in range(2)
        for seed in SEEDS
        for place, name in enumerate(CASES)
    ]
    for turn, _, _, seed, name in sorted(jobs):
        sparsity = CASES[name].sparsities[turn]
        if LINES.exists():
            done = pd.read_csv(LINES)
            same = (done["case"] == name) & (done["seed"] == seed)
            if (same & np.isclose(done["sparsity"], sparsity)).any():
                continue
        begin = time.process_time()
        found = pd.DataFrame(lines(name, seed, sparsity))
        found.to_csv(LINES, mode="a", header=not LINES.exists(), index=False)
        took = time.process_time() - begin
        print(f"{name} {sparsity} seed {seed}: {took:.0f} s", flush=True)


def figures(found: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each set and sparsity: what each arm moved, was called and scores."""
    rows = []
    for (name, sparsity), group in found.groupby(["case", "sparsity"], sort=False):
        line = {"set, network": CASES[name].called, "removed": f"{sparsity:.0%}"}
        line["seeds"] = group["seed"].nunique()
        for arm in ARMS:
            own = group[group["arm"] == arm]
            line[f"{arm}: moved, %"] = shown(own["moved"])
        for label in ("changed", "preserved"):
            counts = [(group[group["arm"] == arm]["label"] == label).sum() for arm in ARMS]
            line[f"{label}"] = " / ".join(map(str, counts))
        rows.append(line)
    return pd.DataFrame(rows)


def scores(found: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each set and sparsity: how well each arm does, beside plain."""
    rows = []
    for (name, sparsity), group in found.groupby(["case", "sparsity"], sort=False):
        by_seed = group.pivot_table(index="seed", columns="arm", values="score")
        line = {"set, network": CASES[name].called, "removed": f"{sparsity:.0%}"}
        line["dense"] = shown(group.groupby("seed")["dense"].first())
        line["plain"] = shown(by_seed["plain"])
        for arm in ARMS[1:]:
            line[f"{arm} − plain"] = shown(by_seed[arm] - by_seed["plain"], sign="+")
        rows.append(line)
    return pd.DataFrame(rows)


def costs(found: pd.DataFrame) -> pd.DataFrame:
    """Return how many times as long an epoch takes as a plain one."""
    timed = found.dropna(subset="epoch_seconds")
    by_arm = timed.pivot_table(index="case", columns="arm", values="epoch_seconds", sort=False)
    rows = [
        {
            "set, network": CASES[name].called,
            "plain epoch, ms": f"{1000 * line['plain']:.0f}",
            **{f"{arm}": f"{line[arm] / line['plain']:.1f} ×" for arm in ARMS[1:]},
        }
        for name, line in by_arm.iterrows()
    ]
    return pd.DataFrame(rows)


def main() -> None:
    """Measure, then fill the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", action="store_true", help="only fill the page")
    if not parser.parse_args().page:
        warnings.simplefilter("ignore")
        measure()
    found = pd.read_csv(LINES)
    put(PAGE, "What moved", markdown(figures(found)))
    put(PAGE, "How well they do", markdown(scores(found)))
    put(PAGE, "What it costs", markdown(costs(found)))


if __name__ == "__main__":
    main()
