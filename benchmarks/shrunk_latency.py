"""How much faster half the operations are: a dense network and its shrunk half, in one run.

Each network is pruned by whole units to half of its multiply-adds (``budget={"flops_kept": 0.5}``,
smallest magnitude first, no training: only time is measured), shrunk, and timed beside the dense
one, turn by turn, so that whatever else the machine does hits both. Compilation isn't timed. A
ratio is the median over the turns of dense time over shrunk time, with the interval that the
middle of 1,000 resamples of the turns falls into 95 times in 100.

    python benchmarks/shrunk_latency.py               a table, about 7 minutes
    python benchmarks/shrunk_latency.py --turns 5     a quick look
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

PAGE = Path(__file__).parent.parent / "docs" / "pruning" / "latency.csv"


def perceptron() -> Any:
    """Return a wide multilayer perceptron."""
    from explainprune.network import perceptron as made

    return made(784, 10, hidden=(2048, 2048, 1024))


def convolutional() -> Any:
    """Return a plain convolutional network for 32×32 images."""
    import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    stack: list[Any] = [layers.Input((32, 32, 3))]
    for width in (64, 128, 256):
        stack += [layers.Conv2D(width, 3, padding="same", activation="relu") for _ in range(2)]
        stack.append(layers.MaxPooling2D(2))
    return keras.Sequential(
        [*stack, layers.GlobalAveragePooling2D(), layers.Dense(10)], name="convolutional"
    )


def mobile() -> Any:
    """Return MobileNetV2 for 96×96 images, with random weights."""
    import keras

    keras.utils.set_random_seed(0)
    return keras.applications.MobileNetV2(
        weights=None, input_shape=(96, 96, 3), classes=10, classifier_activation=None
    )


NETWORKS: dict[str, tuple[Callable[[], Any], str]] = {
    "perceptron 784-2048-2048-1024-10": (perceptron, "unit"),
    "plain convolutional, 32×32": (convolutional, "unit"),
    "MobileNetV2, 96×96": (mobile, "coupled"),
}


def halved(model: Any, granularity: str) -> tuple[Any, float]:
    """Return the model with half of its multiply-adds, and the share that is really left."""
    import explainprune as xp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        pruned = xp.prune(
            model,
            criterion="magnitude",
            granularity=granularity,
            allocation="uniform",
            budget={"flops_kept": 0.5},
            schedule="one_shot",
        )
        shrunk = xp.shrink(pruned.model, masks=pruned.masks)
    return shrunk.model, shrunk.certificate.after.flops / shrunk.certificate.before.flops


def tasks(model: Any, rows: Any) -> dict[str, Callable[[], Any]]:
    """Return what is timed of one model; each is run once here, so that it is compiled."""
    import explainprune as xp
    from explainprune.network import as_network

    network = as_network(model)
    flat = network.pack(rows)
    one, batch = flat[:1], flat[:64]
    found: dict[str, Callable[[], Any]] = {
        "inference, 1 row": lambda: network.outputs(one),
        "inference, 64 rows": lambda: network.outputs(batch),
    }
    for method in ("deep_shap", "expected_gradients"):
        found[f"{method}, 4 rows on 16"] = (
            lambda method=method: xp.attribute(  # type: ignore[misc]
                model, rows[:4], background=rows[16:32], method=method
            )
        )
    for run in found.values():
        run()
    return found


def measure(name: str, turns: int) -> list[dict[str, Any]]:
    """Time one network and its half, turn by turn."""
    make, granularity = NETWORKS[name]
    dense = make()
    shrunk, left = halved(dense, granularity)
    rng = np.random.default_rng(0)
    rows = rng.random((64, *dense.input_shape[1:]), dtype=np.float32)
    both = [tasks(model, rows) for model in (dense, shrunk)]
    lines = []
    for task in both[0]:
        times = np.array([[seconds(each[task]) for each in both] for _ in range(turns)])
        ratios = times[:, 0] / times[:, 1]
        middles = np.median(rng.choice(ratios, (1000, turns)), axis=1)
        low, high = np.quantile(middles, [0.025, 0.975])
        lines.append(
            {
                "network": name,
                "FLOPs left": round(left, 3),
                "parameters left": round(shrunk.count_params() / dense.count_params(), 3),
                "task": task,
                "dense ms": round(float(np.median(times[:, 0])) * 1e3, 3),
                "shrunk ms": round(float(np.median(times[:, 1])) * 1e3, 3),
                "ratio": round(float(np.median(ratios)), 2),
                "low": round(float(low), 2),
                "high": round(float(high), 2),
            }
        )
        print(lines[-1], flush=True)
    return lines


def seconds(run: Callable[[], Any]) -> float:
    """Time one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Measure every network, and write the table."""
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--turns", type=int, default=31)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args()
    lines = [line for name in NETWORKS for line in measure(name, options.turns)]
    options.out.parent.mkdir(exist_ok=True)
    pd.DataFrame(lines).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
