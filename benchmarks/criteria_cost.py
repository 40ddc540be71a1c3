"""What a run with ten criteria costs, beside one forward and backward pass over the same rows.

The limit is a bare compiled loop: the gradient of the loss with respect to all kernels, in batches
of 1,000. All are compiled before they are timed, in one run, turn by turn; what compiling takes is
a column of its own. Time is the processor's, on one thread: the clock would count what else runs.

    python benchmarks/criteria_cost.py                a table, about 3 minutes
    python benchmarks/criteria_cost.py --turns 3      a quick look
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

PAGE = Path(__file__).parent.parent / "docs" / "pruning" / "cost.csv"
TEN = (
    *("magnitude", "gradient", "taylor", "movement", "wanda"),
    *("activation", "activation_std", "activation_taylor", "apoz", "fpgm"),
)
SETS = {
    "taylor alone": ("taylor",),
    "ten of one pass": TEN,
    "and fisher": (*TEN, "fisher"),
    "and lrp": (*TEN, "lrp"),
    "and grasp": (*TEN, "grasp"),
    "and obs": (*TEN, "obs"),
    "and conductance, internal_influence": (*TEN, "conductance", "internal_influence"),
}


def perceptron() -> Any:
    """Return LeNet-300-100."""
    from explainprune.network import perceptron as made

    return made(784, 10, hidden=(300, 100))


def convolutional() -> Any:
    """Return a small convolutional network."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.Conv2D(64, 3, strides=2, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10),
        ]
    )


NETWORKS = {"LeNet-300-100": perceptron, "convolutional, 28×28": convolutional}


def bare_loop(model: Any, x: Any, y: Any, size: int = 1000) -> Callable[[], Any]:
    """Return the compiled gradient of the mean loss over all rows."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    kernels = [layer.kernel.value for layer in model.layers if hasattr(layer, "kernel")]
    spec = [tf.TensorSpec((None, *x.shape[1:]), tf.float32), tf.TensorSpec((None,), tf.int64)]

    @tf.function(input_signature=spec, autograph=False)
    def gradients(rows: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(labels, model(rows, training=False))
        return tape.gradient(value, kernels)

    def run() -> None:
        for start in range(0, len(x), size):
            part = slice(start, start + size)
            [g.numpy() for g in gradients(tf.constant(x[part]), tf.constant(y[part]))]

    return run


def measure(name: str, rows: int, turns: int) -> list[dict[str, Any]]:
    """Time every set of criteria on one network."""
    from explainprune.criteria.scorer import Scorer

    model = NETWORKS[name]()
    rng = np.random.default_rng(0)
    x = rng.random((rows, *model.input_shape[1:]), dtype=np.float32)
    y = rng.integers(10, size=rows)
    runs: dict[str, Callable[[], Any]] = {"bare loop": bare_loop(model, x, y)}
    first = {}
    for label, criteria in SETS.items():
        start = time.process_time()
        runs[label] = Scorer(model, x, y, criteria)
        runs[label]()
        first[label] = time.process_time() - start
    runs["bare loop"]()
    times = {label: np.empty(turns) for label in runs}
    for turn in range(turns):
        for label, run in runs.items():
            start = time.process_time()
            run()
            times[label][turn] = time.process_time() - start
    lines = []
    for label, taken in times.items():
        ratios = taken / times["bare loop"]
        middles = np.median(rng.choice(ratios, (1000, turns)), axis=1)
        low, high = np.quantile(middles, [0.025, 0.975])
        lines.append(
            {
                "network": name,
                "rows": rows,
                "criteria": label,
                "ms": round(float(np.median(taken)) * 1e3, 1),
                "times the bare loop": round(float(np.median(ratios)), 2),
                "low": round(float(low), 2),
                "high": round(float(high), 2),
                "first call s": round(first[label], 2) if label in first else "",
            }
        )
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Measure both networks, and write the table."""
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    lines = [line for name in NETWORKS for line in measure(name, options.rows, options.turns)]
    options.out.parent.mkdir(exist_ok=True)
    pd.DataFrame(lines).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
