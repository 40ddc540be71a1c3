"""How tight bounds on the difference of two networks are: digits, pruned to several sparsities.

python benchmarks/output_bounds.py                fills the table of docs/certificates.md
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from _page import DOCS, table

import explainprune as xp
from explainprune.network import clone, fit, perceptron
from explainprune.network.backend import keras, tf
from explainprune.network.scalars.reading import unroll

PAGE = DOCS / "certificates.md"
CHANGES = (
    ("rounded to 8 bits", 0),
    *((share, 0) for share in (0.1, 0.25)),
    *((share, epochs) for share in (0.5, 0.8, 0.95) for epochs in (0, 2)),
)
"""Share of weights that go, or what else becomes of them; epochs of fine-tuning."""
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


def rounded(model: Any) -> Any:
    """Return a copy whose weights are whole multiples of a 127th of the largest of their kernel."""
    other = clone(model)
    for variable in other.trainable_variables:
        step = np.abs(variable.numpy()).max() / 127
        if len(variable.shape) > 1:
            variable.assign(np.round(variable.numpy() / step) * step)
    return other


def changed(dense: Any, data: Any, what: Any, epochs: int) -> Any:
    """Return the network that is compared with the dense one."""
    if isinstance(what, str):
        return rounded(dense)
    return xp.prune(
        dense, data, criterion="magnitude", sparsity=what, steps=1,
        schedule="one_shot", finetune_epochs=epochs, seed=0,
    ).model  # fmt: skip


def lines(changes: Any = CHANGES) -> list[list[str]]:
    """Return a line for each network and change."""
    data, found = xp.load_data("digits"), []
    for name, make in NETWORKS.items():
        dense, _ = fit(make(), data.train, epochs=15, seed=0)
        for what, epochs in changes:
            other = changed(dense, data, what, epochs)
            bound = xp.output_bound(dense, other, data)
            alone = max(bound.alone)
            figures = (
                bound.measured, farthest(dense, other, data.x), bound.largest, alone, bound.spread,
            )  # fmt: skip
            times = alone / bound.largest
            ratio = f"{times:.0f}" if times >= 10 else f"{times:.1f}"
            said = what if isinstance(what, str) else f"{what:.0%} zero"
            numbers = [f"{value:.3g}" for value in figures]
            found.append([name, said, str(epochs), *numbers, ratio])
            print(*found[-1], flush=True)
    return found


def main() -> None:
    """Fill the table."""
    columns = [
        "network", "weights", "epochs", "measured on rows", "found", "bound", "each by itself",
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
