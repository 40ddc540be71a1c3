"""What --dry-run says beside what the work then takes, for every command that has it.

Each command runs by itself, as it is typed: first with --dry-run --json, then really. The work's
time is that of the whole process less what starting Python and TensorFlow takes, which is measured.

    python benchmarks/foreseen.py            the table in docs/reliability.md, about five minutes
    python benchmarks/foreseen.py --quick    three commands, only printed
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from _page import DOCS, put, table

import explainprune as xp
from explainprune.network import fit, perceptron, save_model

HEADING = "What a dry run says, and what it takes"
PAGE = DOCS / "reliability.md"
COMMANDS = (
    "attribute dense.keras --data digits.npz -o a.npz",
    "compare dense.keras pruned.keras --data digits.npz --rows 100 -o pair",
    "prune dense.keras --data digits.npz --sparsity 0.9 -o again.keras",
    "attribute dense.keras --data digits.npz --method permutation --rows 100 -o b.npz",
    "attribute images.keras --data images.npz -o c.npz",
    "explain dense.keras --data digits.npz -o alone",
    "compare dense.keras shipped.tflite --data digits.npz --rows 100 -o shipped",
    "prune images.keras --data images.npz --granularity unit --sparsity 0.5 -o units.keras",
    "run --data wine --seeds 2 --set study.levels=0.5 -o wine",
)
QUICK = 3
LEAST = 2.0
"""Seconds that a dry run says at least."""


def files(folder: Path) -> None:
    """Write models and rows."""
    data = xp.load_data("digits")
    model, _ = fit(perceptron(64, 10, hidden=(64, 32), seed=0), data.train, epochs=10, seed=0)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    save_model(model, folder / "dense.keras")
    pruned = xp.prune(model, data, sparsity=0.8, finetune_epochs=5)
    save_model(pruned.model, folder / "pruned.keras")
    xp.export(model, folder / "shipped.tflite")
    split = {f"{name}_{part}": np.asarray(getattr(rows, name))
             for part, rows in (("train", data.train), ("test", data.scored))
             for name in ("x", "y")}  # fmt: skip
    np.savez(folder / "digits.npz", **split)
    shaped = {n: v.reshape(-1, 8, 8, 1) if n[0] == "x" else v for n, v in split.items()}
    np.savez(folder / "images.npz", **shaped)
    layers = keras.layers
    images = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    images.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    images.fit(shaped["x_train"], shaped["y_train"], epochs=3, verbose=0)
    save_model(images, folder / "images.keras")


def called(words: list[str], folder: Path) -> tuple[float, str]:
    """Run a command; return its seconds and what it printed."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "explainprune", *words],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")
    return time.perf_counter() - begin, done.stdout


def measured(commands: tuple[str, ...], folder: Path) -> Iterator[tuple[str, float, float, float]]:
    """Yield each command, seconds that were foreseen, that it took, and that foreseeing took."""
    begin = time.perf_counter()
    start = "import explainprune as xp; xp.load_data('wine'), xp.compare, xp.prune, xp.report"
    subprocess.run([sys.executable, "-c", start], cwd=folder, check=True, capture_output=True)
    starting = time.perf_counter() - begin
    for command in commands:
        words = command.split()
        looking, said = called([*words, "--dry-run", "--json", "-q"], folder)
        taken, _ = called([*words, "-q"], folder)
        yield command, max(LEAST, json.loads(said)["seconds"]), taken - starting, looking


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three commands, only printed")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as scratch:
        files(Path(scratch))
        rows = []
        for found in measured(COMMANDS[: QUICK if quick else None], Path(scratch)):
            command, foreseen, taken, looking = found
            ratio = foreseen / taken
            print(f"{ratio:5.2f}  {foreseen:7.1f} s  {taken:7.1f} s  {command}", flush=True)
            rows.append((f"`{command}`", f"{foreseen:.0f} s", f"{taken:.0f} s", f"{ratio:.2f}",
                         f"{looking:.0f} s"))  # fmt: skip
    if not quick:
        head = ("command", "foreseen", "taken", "ratio", "the dry run itself")
        put(PAGE, HEADING, f"Made by `python benchmarks/foreseen.py`.\n\n{table(head, rows)}")


if __name__ == "__main__":
    main()
