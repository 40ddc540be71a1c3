"""Shrink every network of ``keras.applications`` and compare it with the masked one.

Each is built with random weights, scales and biases; BatchNorm statistics are those of random
images, then shifted and stretched, as after training on other data. (Statistics drawn without
regard to the activations make the deepest networks chaotic: one rounding of the input then moves
their logits by half.) It loses 30 % of the units that can be removed, those of the smallest
magnitude first, and is shrunk. Logits on random images, parameters and the ``.keras`` round trip
go into a table, beside what one rounding of the images does to the masked model.

    python benchmarks/shrink_applications.py            all, one process each: the longest of the
                                                        benchmarks by far; a run that was cut off
                                                        goes on where it stopped
    python benchmarks/shrink_applications.py ResNet50   one, in this process
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

SHARE = 0.3
IMAGES = 8
SIDES = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}
RESULTS = Path(tempfile.gettempdir()) / "shrink_applications.jsonl"
PAGE = Path(__file__).parent.parent / "docs" / "shrinking.md"
HEADING = "## All of `keras.applications`\n"


def architectures() -> list[str]:
    """Name every architecture, the smallest first where the name tells."""
    import keras

    found = [
        name
        for name in dir(keras.applications)
        if name[0].isupper() and callable(getattr(keras.applications, name))
    ]
    return sorted(found, key=lambda name: ("Large" in name, name))


def build(name: str) -> Any:
    """Build an architecture with ten classes and randomised weights."""
    import keras

    side = SIDES.get(name, 64)
    keras.utils.set_random_seed(0)
    model = getattr(keras.applications, name)(
        weights=None, input_shape=(side, side, 3), classes=10, classifier_activation=None
    )
    rng = np.random.default_rng(0)
    for variable in model.weights:
        if len(variable.shape) <= 1 and "float" in variable.dtype:
            variable.assign(away_from_default(variable.name, variable.shape, rng))
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):  # Normalization: let the statistics take effect
            layer.finalize_state()
    fit_statistics(model, rng)
    return model


def fit_statistics(model: Any, rng: np.random.Generator) -> None:
    """Set BatchNorm statistics to those of random images, then shift and stretch them."""
    import keras

    norms = [n for n in model.layers if isinstance(n, keras.layers.BatchNormalization)]
    rates = {layer: layer.rate for layer in model.layers if hasattr(layer, "rate")}
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    for layer in rates:
        layer.rate = 0.0
    model(rng.uniform(0, 255, (16, *model.input_shape[1:])).astype("float32"), training=True)
    for layer, rate in rates.items():
        layer.rate = rate
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        mean, variance = norm.moving_mean.numpy(), norm.moving_variance.numpy()
        spread = np.sqrt(variance)
        norm.moving_mean.assign(mean + rng.normal(0.0, 0.2, mean.shape) * spread)
        norm.moving_variance.assign(variance * rng.uniform(0.8, 1.25, variance.shape))


def away_from_default(name: str, shape: Any, rng: np.random.Generator) -> Any:
    """Draw scales and variances around 1, everything else around 0."""
    if any(part in name for part in ("gamma", "variance", "variable")):
        return rng.uniform(0.5, 1.5, shape)
    return rng.normal(0.0, 0.2, shape)


def masks_by_magnitude(model: Any) -> dict[str, Any]:
    """Mask the 30 % of units whose incoming weights are smallest, coupled units as one."""
    from explainprune.network.rebuilding.removable import removable_units

    units = removable_units(model)
    kernels = {path: magnitudes(model, path) for path in {p for m in units.members for p in m}}
    scores = [
        float(np.mean([kernels[path][index].mean() for path, index in members.items()]))
        for members in units.members
    ]
    sizes = np.array([sum(map(len, members.values())) for members in units.members])
    order = np.argsort(scores, kind="stable")
    count = int(np.searchsorted(np.cumsum(sizes[order]), SHARE * sizes.sum()))
    return units.masks(order[:count])


def magnitudes(model: Any, path: str) -> Any:
    """Return each unit's mean |w| over the layer's mean: layers become comparable."""
    layer = model
    for part in path.split("/"):
        layer = layer.get_layer(part)
    weights = {v.name: np.abs(v.numpy()) for v in layer.weights}
    kernel = weights.get("pointwise_kernel", weights.get("kernel", weights.get("embeddings")))
    if type(layer).__name__.startswith("Depthwise"):
        kernel = kernel.reshape(*kernel.shape[:-2], -1)
    each = kernel.reshape(-1, kernel.shape[-1]).mean(axis=0)
    return each / each.mean()


def measure(name: str) -> dict[str, Any]:
    """Prune, shrink and compare one architecture.

    It does what `xp.shrink` does, but for the gzip size, which takes minutes for a gigabyte.
    """
    import keras

    from explainprune.network import size_of
    from explainprune.network.rebuilding.smaller import make_smaller

    start = time.time()
    model = build(name)
    made = make_smaller(model, masks=masks_by_magnitude(model))
    images = np.random.default_rng(1).uniform(0, 255, (IMAGES, *model.input_shape[1:]))
    images = images.astype("float32")
    masked, shrunk = (np.asarray(m(images, training=False)) for m in (made.masked, made.model))
    noise = 1e-7 * np.random.default_rng(2).normal(size=images.shape)
    rounded = np.asarray(made.masked((images * (1 + noise)).astype("float32"), training=False))
    before, after = (size_of(m, gzip=False) for m in (made.masked, made.model))
    with tempfile.TemporaryDirectory() as folder:
        made.model.save(Path(folder) / "m.keras")
        loaded = keras.models.load_model(Path(folder) / "m.keras")
    return {
        "name": name,
        "folds": made.folds,
        "before": before.params,
        "after": after.params,
        "flops": after.flops / before.flops,
        "difference": float(np.abs(masked - shrunk).max() / np.abs(masked).max()),
        "rounding": float(np.abs(masked - rounded).max() / np.abs(masked).max()),
        "removed": sum(made.plan.removed.values()),
        "whole": made.plan.left_whole,
        "round_trip": bool(np.array_equal(loaded(images, training=False), shrunk)),
        "seconds": round(time.time() - start),
    }


def in_own_process(name: str) -> dict[str, Any]:
    """Measure one architecture in a process of its own; a failure becomes a reason."""
    done = subprocess.run(
        [sys.executable, __file__, name], capture_output=True, text=True, check=False
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0 and lines:
        found: dict[str, Any] = json.loads(lines[-1])
        return found
    reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return {"name": name, "reason": f"{reason} (exit {done.returncode})"}


def row(r: dict[str, Any]) -> str:
    """Write one result as a line of the table."""
    if "reason" in r:
        return f"| {r['name']} | | | | | | | refused: {r['reason']} |"
    trip = "identical" if r["round_trip"] else "DIFFERS"
    return (
        f"| {r['name']} | {r['before']:,} | {r['after']:,} | {r['flops']:.2f} | {r['removed']:,} | "
        f"{r['difference']:.1e} | {r['rounding']:.1e} | {trip} |"
    )


def write_table(results: list[dict[str, Any]]) -> None:
    """Write the committed table: the last section of the page."""
    good = [
        r
        for r in results
        if r.get("round_trip") and r["difference"] <= 1e-4 and r["after"] < r["before"]
    ]
    page = PAGE.read_text().split(HEADING)[0]
    PAGE.write_text(
        page + HEADING + "\nMade by `benchmarks/shrink_applications.py`: random weights, 30 % of "
        "the removable units\npruned by magnitude, coupled units together; images of 64 to 75 "
        f"pixels, ten classes,\nlogits of {IMAGES} random images in float32. {len(good)} of "
        f"{len(results)} stay within 1e-4 of the largest\nlogit, have fewer parameters and "
        "survive saving and loading unchanged.\n\n"
        "The last but one column is the yardstick: how far one rounding of the images (1e-7) "
        "moves\nthe masked model itself. BatchNorm statistics are those of random images, shifted "
        "and stretched.\nA first run drew them without regard to the activations: 36 of 40 passed, "
        "and EfficientNetB7, V2S,\nV2M and V2L differed by 0.2 to 1.1. Such networks are chaotic: "
        "one rounding of the images moved\nthe masked B7 and V2S themselves by 0.38 and 0.25; in "
        "float64 the shrunk ones differed by 5e-13 and\n3e-6, one rounding there moved the masked "
        "ones by 3e-13 and 2e-5 (V2M and V2L were not tried).\n\n"
        "| architecture | parameters | shrunk | FLOPs kept | units removed | largest difference / "
        "largest logit | by rounding | `.keras` round trip |\n"
        "|---|--:|--:|--:|--:|--:|--:|---|\n"
        + "\n".join(row(r) for r in sorted(results, key=lambda r: r["name"]))
        + "\n"
    )


def main() -> None:
    """Measure what was asked for, or everything."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
        return
    lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    results = [json.loads(line) for line in lines]
    for name in architectures():
        if name not in {result["name"] for result in results}:
            results.append(in_own_process(name))
            with RESULTS.open("a") as file:
                file.write(json.dumps(results[-1]) + "\n")
            print(row(results[-1]), flush=True)
    write_table(results)
    RESULTS.unlink()


if __name__ == "__main__":
    main()
