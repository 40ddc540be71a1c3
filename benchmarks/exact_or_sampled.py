"""Exact values beside sampling to 1 %, on unpruned tables; and what ``method="auto"`` chooses.

One hidden layer of rectifiers, as it is and pruned to 8 inputs a unit. Every sample is explained by
itself, all outputs, before the same background rows: exactly, and by the samplers with
``tolerance=0.01``. Times are the processor's, on one thread; the error is the largest difference
from the exact values over the largest of these. "adult-like" is made up: six numbers and eight
questions of 2 to 16 answers, in 65 one-hot columns that are joined into a player for each question.

    python benchmarks/exact_or_sampled.py             a few minutes
    python benchmarks/exact_or_sampled.py --quick     wine, one sample
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from typing import Any

for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[variable] = "1"  # before anything reads them

import numpy as np  # noqa: E402

import explainprune as xp  # noqa: E402
from explainprune.network import fit, perceptron  # noqa: E402

SAMPLERS = ("permutation", "kernel")
TABLES = ("wine", "diabetes", "adult-like", "breast_cancer")
ANSWERS = (2, 4, 5, 6, 7, 9, 10, 16)
BACKGROUND, HIDDEN, SAMPLES = 100, 64, 3


def adult_like(seed: int = 0) -> Any:
    """Return a table of one-hot columns joined into players, whose answer mixes them."""
    rng = np.random.default_rng(seed)
    n = 4000
    numbers = rng.normal(size=(n, 6))
    answers = [rng.integers(count, size=n) for count in ANSWERS]
    columns = [np.eye(count)[answer] for count, answer in zip(ANSWERS, answers, strict=True)]
    effects = [
        rng.normal(size=count)[answer] for count, answer in zip(ANSWERS, answers, strict=True)
    ]
    score = numbers[:, 0] * effects[0] + np.abs(numbers[:, 1]) + sum(effects[1:]) - numbers[:, 2]
    x = np.concatenate([numbers, *columns], axis=1)
    owners = [*range(6), *(6 + q for q, count in enumerate(ANSWERS) for _ in range(count))]
    y = (score > np.median(score)).astype(int)
    x, half = x.astype(np.float32), n // 2
    parts = (x[:half], y[:half]), (x[half:], y[half:])
    return xp.load_data(parts, players=np.array(owners))


def networks(name: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield a trained network, as it is and pruned, and its data."""
    data = adult_like() if name == "adult-like" else xp.load_data(name, seed=0)
    outputs = len(data.class_names or "?") if data.task == "classification" else 1
    model = perceptron(data.x.shape[1], outputs, hidden=(HIDDEN,))
    model, _ = fit(model, data.train, epochs=40, batch_size=32)
    yield "as it is", model, data
    pruned = xp.prune(model, data, criterion="wanda", granularity="fan_in:8", finetune_epochs=20)
    yield "fan-in 8", pruned.model, data


def timed(model: Any, x: Any, background: Any, players: Any, **how: Any) -> tuple[Any, float]:
    """Explain one sample after the other; return values, and the processor's seconds a sample."""
    both = {"background": background, "players": players, "target": "all", "output": "centred"}
    xp.attribute(model, x[:1], **both, **how)  # compiling isn't timed
    begin = time.process_time()
    values = [xp.attribute(model, row[None], **both, **how).values[0] for row in x]
    return np.stack(values), (time.process_time() - begin) / len(x)


def lines(name: str, samples: int) -> Iterator[str]:
    """Write a line for each network of a table."""
    for which, model, data in networks(name):
        x = np.asarray(data.x[:samples], np.float32)
        rng = np.random.default_rng(0)
        rows = rng.choice(len(data.train.x), BACKGROUND, replace=False)
        background = np.asarray(data.train.x[rows], np.float32)
        players = None if data.players is None else np.asarray(data.players)
        truth, seconds = timed(model, x, background, players, method="exact", limit=1e15)
        auto = xp.attribute(model, x[:1], background=background, players=players).method
        count = truth.shape[1]
        cells = [name, which, f"{count}", f"{seconds:.3f}"]
        for method in SAMPLERS:
            values, took = timed(model, x, background, players, method=method, tolerance=0.01)
            error = np.abs(values - truth).max() / np.abs(truth).max()
            cells.append(f"{took:.3f} ({error:.1%})")
        yield f"| {' | '.join([*cells, 'exact' if auto == 'exact' else 'sampled'])} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="wine, one sample")
    quick = parser.parse_args().quick
    print("| table | network | players | exact, s | " + ", s (error) | ".join(SAMPLERS), end="")
    print(", s (error) | auto |\n|" + "---|" * (5 + len(SAMPLERS)))
    for name in ("wine",) if quick else TABLES:
        print(*lines(name, 1 if quick else SAMPLES), sep="\n", flush=True)


if __name__ == "__main__":
    main()
