"""Prune and shrink every network of ``keras.applications``, by `prune` and `shrink` themselves.

Each is built with random weights, scales and biases, at two image sizes; BatchNorm statistics are
those of random images, then shifted and stretched, as after training on other data. (Statistics
drawn without regard to the activations make the deepest networks chaotic: one rounding of the input
then moves their logits by half.) It loses 30 % of its units by magnitude, each alone and coupled
ones together, and is shrunk. Logits on random images, parameters and the ``.keras`` round trip go
into a table, beside what one rounding of the images does to the masked model.

    python benchmarks/shrink_applications.py               all, a process for each architecture: two
                                                           hours or more; a run that was cut off
                                                           goes on where it stopped
    python benchmarks/shrink_applications.py --write       the table of what there is so far
    python benchmarks/shrink_applications.py ResNet50 64 unit    one, in this process
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

SHARE = 0.3
IMAGES = 8
SIDES = {"InceptionV3": (75, 107), "InceptionResNetV2": (75, 107), "Xception": (71, 103)}
GRANULARITIES = ("unit", "coupled")
RESULTS = Path(tempfile.gettempdir()) / "shrink_applications.jsonl"
PAGE = Path(__file__).parent.parent / "docs" / "shrinking.md"
HEADING = "## All of `keras.applications`\n"


def runs() -> list[tuple[str, int, str]]:
    """List every architecture with its image sizes and granularities, the largest last."""
    import keras

    found = [
        name
        for name in dir(keras.applications)
        if name[0].isupper() and callable(getattr(keras.applications, name))
    ]
    large = (
        "XLarge",
        "Large",
        "VGG",
        "B7",
        "B6",
        "V2L",
        "152",
        "Base",
        "V2M",
        "101",
        "B5",
        "Small",
    )

    def key(name: str) -> tuple[int, str]:
        place = next((i for i, part in enumerate(large) if part in name), len(large))
        return (0 if "Mobile" in name else len(large) - place, name)

    return [
        (name, side, granularity)
        for name in sorted(found, key=key)
        for side in SIDES.get(name, (40, 64))
        for granularity in GRANULARITIES
    ]


def build(name: str, side: int) -> Any:
    """Build an architecture with ten classes and randomised weights."""
    import keras

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


def measure(name: str, side: int, granularity: str) -> dict[str, Any]:
    """Prune, shrink and compare one architecture."""
    import keras

    import explainprune as xp

    start = time.time()
    model = build(name, side)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pruned = xp.prune(
            model,
            criterion="magnitude",
            granularity=granularity,
            sparsity=SHARE,
            schedule="one_shot",
        )
    shrunk = xp.shrink(pruned.model, masks=pruned.masks)
    images = np.random.default_rng(1).uniform(0, 255, (IMAGES, *model.input_shape[1:]))
    images = images.astype("float32")
    masked, small = (np.asarray(m(images, training=False)) for m in (pruned.model, shrunk.model))
    noise = 1e-7 * np.random.default_rng(2).normal(size=images.shape)
    rounded = np.asarray(pruned.model((images * (1 + noise)).astype("float32"), training=False))
    with tempfile.TemporaryDirectory() as folder:
        shrunk.model.save(Path(folder) / "m.keras")
        loaded = keras.models.load_model(Path(folder) / "m.keras")
    before, after = shrunk.certificate.before, shrunk.certificate.after
    entries = pruned.masks.entries.values()
    return {
        "name": name,
        "side": side,
        "granularity": granularity,
        "before": before.params,
        "after": after.params,
        "flops": after.flops / before.flops,
        "difference": float(np.abs(masked - small).max() / np.abs(masked).max()),
        "rounding": float(np.abs(masked - rounded).max() / np.abs(masked).max()),
        "silenced": sum(int((~kept).sum()) for kept in entries),
        "removed": sum(shrunk.certificate.removed.values()),
        "whole": shrunk.certificate.left_whole,
        "round_trip": bool(np.array_equal(loaded(images, training=False), small)),
        "seconds": round(time.time() - start),
    }


def in_own_process(wanted: list[tuple[str, int, str]]) -> list[dict[str, Any]]:
    """Measure what is wanted of one architecture in one process; a failure becomes a reason."""
    command = [sys.executable, __file__, *(str(part) for run in wanted for part in run)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    missing = [run for run in wanted if run not in {_of(result) for result in found}]
    reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
    refused = [
        {"name": n, "side": s, "granularity": g, "reason": f"{reason} (exit {done.returncode})"}
        for n, s, g in missing
    ]
    return found + refused


def row(r: dict[str, Any]) -> str:
    """Write one result as a line of the table."""
    what = f"| {r['name']} | {r['side']} | {r['granularity']} |"
    if "reason" in r:
        return f"{what} | | | | | | | refused: {r['reason']} |"
    trip = "identical" if r["round_trip"] else "DIFFERS"
    return (
        f"{what} {r['before']:,} | {r['after']:,} | {r['flops']:.2f} | {r['silenced']:,} | "
        f"{r['removed']:,} | {r['difference']:.1e} | {r['rounding']:.1e} | {trip} |"
    )


def write_table(results: list[dict[str, Any]]) -> None:
    """Write the committed table: the last section of the page."""
    good = [
        r
        for r in results
        if r.get("round_trip") and r["difference"] <= 1e-4 and r["after"] < r["before"]
    ]
    page, planned = PAGE.read_text().split(HEADING)[0], runs()
    missing = len(planned) - len(results)
    PAGE.write_text(
        page + HEADING + "\nMade by `benchmarks/shrink_applications.py` with `xp.prune` and "
        "`xp.shrink`: random weights, 30 % of\nthe units pruned by magnitude, each alone "
        "(`unit`) and coupled ones together (`coupled`), images of\ntwo sizes, ten classes, "
        f"logits of {IMAGES} random images in float32. {len(good)} of {len(results)} stay within "
        "1e-4 of the\nlargest logit, have fewer parameters and survive saving and loading "
        "unchanged."
        + (f" {missing} of {len(planned)} are still to be\nmeasured." if missing else "")
        + "\n\nOf units that were silenced each alone, those that meet others in a sum stay "
        "until the others are silent,\ntoo: fewer go than with `coupled`. A coupled group counts "
        "once among the silenced, and each of its\nunits among the removed. The last but one "
        "column is the yardstick: how far one rounding of the images\n(1e-7) moves the masked "
        "model itself.\n\n"
        "| architecture | side | granularity | parameters | shrunk | FLOPs kept | silenced | "
        "units removed | largest difference / largest logit | by rounding | `.keras` round trip |\n"
        "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|---|\n"
        + "\n".join(row(r) for r in sorted(results, key=_of))
        + "\n"
    )


def _of(result: dict[str, Any]) -> tuple[str, int, str]:
    return result["name"], result["side"], result["granularity"]


def main() -> None:
    """Measure what was asked for, or everything."""
    asked = sys.argv[1:]
    if len(asked) >= 3:
        for name, side, granularity in zip(asked[::3], asked[1::3], asked[2::3], strict=True):
            print(json.dumps(measure(name, int(side), granularity)), flush=True)
        return
    lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    results = [json.loads(line) for line in lines]
    done = {_of(result) for result in results}
    missing = [] if "--write" in asked else [run for run in runs() if run not in done]
    for _, wanted in groupby(missing, key=lambda run: run[0]):
        found = in_own_process(list(wanted))
        results += found
        with RESULTS.open("a") as file:
            file.writelines(json.dumps(result) + "\n" for result in found)
        print("\n".join(row(result) for result in found), flush=True)
    write_table(results)


if __name__ == "__main__":
    main()
