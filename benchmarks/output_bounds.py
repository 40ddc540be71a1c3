"""How tight bounds on the difference of two networks are: digits, pruned to several sparsities.

python benchmarks/output_bounds.py                fills the table of docs/certificates.md
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from _page import DOCS, table

import explainprune as xp
from explainprune.network import fit, perceptron
from explainprune.network.backend import keras, tf
from explainprune.network.scalars.reading import unroll

PAGE = DOCS / "certificates.md"
SPARSITIES = (0.5, 0.8, 0.95)
TRIED, ASCENTS, STEPS = 20_000, 50, 40


def convolutional() -> Any:
    """Return a small network for images of 8 × 8, laid flat."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Reshape((8, 8, 1)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(16, 2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )


NETWORKS = {
    "MLP 64-32-16-10": lambda: perceptron(64, 10, hidden=(32, 16), seed=0),
    "CNN 8-16, pooled": convolutional,
}


def farthest(dense: Any, other: Any, x: Any) -> float:
    """Return the largest difference that random inputs, corners and gradient ascent come upon."""
    rng = np.random.default_rng(0)
    low, high = x.min(axis=0), x.max(axis=0)
    tried = rng.uniform(low, high, size=(TRIED, len(low)))
    corners = rng.random(tried.shape) < 0.5
    tried[::2] = np.where(corners, low, high)[::2]
    pair = unroll(dense), unroll(other)

    def gap(rows: Any) -> Any:
        parts = np.array_split(rows, max(1, len(rows) // 500))
        return np.concatenate([np.abs(pair[0].outputs(p) - pair[1].outputs(p)) for p in parts])

    best = float(gap(x).max())
    gaps = gap(tried)
    for output in range(gaps.shape[1]):
        start = tried[np.argsort(-gaps[:, output])[:ASCENTS]].astype(np.float32)
        for share in np.geomspace(0.5, 0.01, STEPS):
            at = tf.constant(start, tf.float32)
            with tf.GradientTape() as tape:
                tape.watch(at)
                apart = tf.abs(dense(at) - other(at))[:, output]
            start = np.clip(
                start + share * (high - low) * np.sign(tape.gradient(apart, at).numpy()), low, high
            )
            start = start.astype(np.float32)
        best = max(best, float(gap(start).max()))
    return max(best, float(gaps.max()))


def lines() -> list[list[str]]:
    """Return a line for each network, sparsity and stage."""
    data, found = xp.load_data("digits"), []
    for name, make in NETWORKS.items():
        dense, _ = fit(make(), data.train, epochs=15, seed=0)
        spread = xp.output_bound(dense, dense, data).spread
        for sparsity in SPARSITIES:
            for epochs in (0, 2):
                other = xp.prune(
                    dense, data, criterion="magnitude", sparsity=sparsity, steps=1,
                    schedule="one_shot", finetune_epochs=epochs, seed=0,
                ).model  # fmt: skip
                bound = xp.output_bound(dense, other, data)
                figures = (
                    bound.measured, farthest(dense, other, data.x), bound.largest,
                    max(bound.alone), spread,
                )  # fmt: skip
                numbers = [f"{value:.3g}" for value in figures]
                ratio = f"{max(bound.alone) / bound.largest:.1f}"
                found.append([name, f"{sparsity:.0%}", str(epochs), *numbers, ratio])
                print(*found[-1], flush=True)
    return found


def main() -> None:
    """Fill the table."""
    columns = [
        "network", "zero", "epochs", "measured on rows", "found", "bound", "each by itself",
        "outputs span", "tighter by",
    ]  # fmt: skip
    body = table(columns, lines())
    text = PAGE.read_text(encoding="utf-8")
    text = re.sub(
        r"<!-- bounds -->\n.*?<!-- end -->",
        f"<!-- bounds -->\n\n{body}\n\n<!-- end -->",
        text,
        flags=re.DOTALL,
    )
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
