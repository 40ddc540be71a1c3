"""Exact values beside shap's KernelExplainer at its best, on the same pruned networks, in one run.

KernelExplainer is given a compiled function of float32 rows, `l1_reg=False` (its default silently
keeps ten features) and one budget of coalitions after another; once more through our own wrapper,
`method="shap_kernel"`, which mixes rows faster. Ours enumerates. All explain the same samples, all
ten outputs, before the same 100 background rows, sample by sample in turn. Beside a network of two
hidden layers, some of whose games are wide, stand `hybrid` and `permutation`, too. Times are the
processor's, on one thread, so that whatever else the machine does counts for nobody.

shapiq asks for another Python, and takes part where one that has it is named: as it explains one
output at a time, of a network in numpy. To have it there: pip install shapiq lightgbm xgboost.

    python benchmarks/exact_beside_kernel.py            digits and MNIST, about 5 minutes
    python benchmarks/exact_beside_kernel.py --quick    digits, two samples
    python benchmarks/exact_beside_kernel.py --shapiq PYTHON
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[variable] = "1"  # before anything reads them

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import explainprune as xp  # noqa: E402
from explainprune.analysis.intervals import t_mean  # noqa: E402
from explainprune.network import as_network, fit, perceptron  # noqa: E402

Array = Any
BACKGROUND = 100
KERNEL = "KernelExplainer"
SHAPIQ = Path(__file__).parent / "peers" / "shapiq_alone.py"
NETWORKS = {
    "digits": {"hidden": (64,), "fan_in": "10", "epochs": 60, "each": 6, "samples": 10,
               "budgets": (128, 512, 2048, 8192), "draws": ()},
    "mnist": {"hidden": (64,), "fan_in": "10", "epochs": 4, "each": 1, "samples": 5,
              "budgets": (1024, 2048, 4096), "draws": ()},
    "digits, two layers": {"hidden": (256, 128), "fan_in": "8,2", "epochs": 60, "each": 6,
                           "samples": 6, "budgets": (2048, 8192), "draws": (4, 16)},
}  # fmt: skip


def pruned(name: str) -> tuple[Any, Any, Array]:
    """Return a network whose units have few inputs, its data, and background rows."""
    data, how = xp.load_data(name.split(",")[0], seed=0), NETWORKS[name]
    model = perceptron(data.x.shape[1], 10, hidden=how["hidden"])
    model, _ = fit(model, data.train, epochs=how["epochs"], batch_size=128)
    found = xp.prune(model, data, criterion="wanda", granularity=f"fan_in:{how['fan_in']}", steps=4,
                     schedule="geometric", finetune_epochs=4 * how["each"])  # fmt: skip
    rows = np.random.default_rng(0).choice(len(data.train.x), BACKGROUND, replace=False)
    return found.model, data, data.train.x[rows].astype(np.float32)


def contestants(name: str, model: Any, background: Array) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, budget, and a function from one sample to values (features, outputs)."""
    from shap import KernelExplainer

    def ours(x: Array, **how: Any) -> Array:
        found = xp.attribute(model, x[None], background=background, target="all", **how)
        return found.values[0]

    yield "exact", "all", lambda x: ours(x, method="exact", limit=1e12)
    for method, draws in product(("hybrid", "permutation"), NETWORKS[name]["draws"]):
        drawn = {"method": method, "draws": draws}
        yield method, f"{draws} draws", lambda x, drawn=drawn: ours(x, **drawn)
    explainer = KernelExplainer(as_network(model).outputs, background)
    for budget in NETWORKS[name]["budgets"]:
        how: dict[str, Any] = {"nsamples": budget, "l1_reg": False}
        yield (
            KERNEL, f"{budget:,}",
            lambda x, how=how: explainer.shap_values(x, silent=True, **how),
        )  # fmt: skip
        wrapped = how | {"method": "shap_kernel", "draws": 1}
        yield "shap_kernel", f"{budget:,}", lambda x, wrapped=wrapped: ours(x, **wrapped)


def timed(explain: Callable[[Array], Array], x: Array) -> tuple[Array, float]:
    """Return the values of a sample, and the processor's seconds."""
    begin = time.process_time()
    values = np.asarray(explain(x), np.float64)
    return values, time.process_time() - begin


def shapiq(python: str, model: Any, x: Array, background: Array, budgets: Any) -> dict[str, Any]:
    """Explain by shapiq in its own interpreter."""
    layers = {}
    for number, layer in enumerate(model.layers):
        layers[f"kernel{number}"], layers[f"bias{number}"] = layer.get_weights()
    with tempfile.TemporaryDirectory() as folder:
        given, written = Path(folder, "in.npz"), Path(folder, "out.npz")
        np.savez(given, x=x, background=background, budgets=budgets, **layers)
        apart = {key: each for key, each in os.environ.items() if key != "PYTHONPATH"}
        subprocess.run([python, str(SHAPIQ), str(given), str(written)], check=True, env=apart)
        return dict(np.load(written))


def meeting(name: str, samples: int, python: str | None = None) -> tuple[pd.DataFrame, float]:
    """Return a line for each sample and contestant, and the network's accuracy."""
    model, data, background = pruned(name)
    right = as_network(model).outputs(data.x).argmax(axis=1) == data.y
    dead = ~model.layers[0].kernel.numpy().any(axis=1)
    lines, truths = [], []
    everyone = list(contestants(name, model, background))
    for _, _, explain in everyone:
        explain(data.x[samples].astype(np.float32))  # compiling isn't timed, anybody's
    for number, x in enumerate(data.x[:samples].astype(np.float32)):
        truth = None
        for who, budget, explain in everyone:
            values, seconds = timed(explain, x)
            truth = values if truth is None else truth
            lines.append(line(number, who, budget, seconds, values, truth, dead))
        truths.append(truth)
    if python is not None:
        x, budgets = data.x[:samples].astype(np.float32), NETWORKS[name]["budgets"]
        found = shapiq(python, model, x, background, budgets)
        for place, said in enumerate(json.loads(str(found["lines"]))):
            who = f"shapiq {found['version']}, {said['method']}"
            each = zip(said["seconds"], found[f"values{place}"], truths, strict=True)
            for number, (seconds, values, truth) in enumerate(each):
                budget = f"{said['coalitions']:,}"
                lines.append(line(number, who, budget, seconds, values, truth, dead))
    return pd.DataFrame(lines), float(right.mean())


def line(
    number: int, who: str, budget: str, seconds: float, values: Array, truth: Array, dead: Array
) -> dict[str, Any]:
    """Return what one contestant came to on a sample."""
    size = np.abs(truth).max()
    return {
        "sample": number, "method": who, "coalitions": budget, "seconds": seconds,
        "error": np.abs(values - truth).max() / size,
        "no_path": np.abs(values[dead]).max(initial=0.0) / size,
    }  # fmt: skip


def half(values: Any) -> float:
    """Return half the width of the 95 % interval over samples."""
    low, high = t_mean(np.asarray(values)).interval or (np.nan, np.nan)
    return (high - low) / 2


def table(lines: pd.DataFrame) -> Iterator[str]:
    """Write means over samples, with 95 % intervals."""
    yield "| method | coalitions | seconds | × exact | error, % | to inputs without a path, % |"
    yield "|---|---|---|---|---|---|"
    by_sample = lines.set_index("sample")
    exact = by_sample[by_sample.method == "exact"].seconds
    for (method, budget), part in by_sample.groupby(["method", "coalitions"], sort=False):
        ratio = np.log(part.seconds / exact)
        times = f"{np.exp(ratio.mean()):.1f} (× or ÷ {np.exp(half(ratio)):.2f})"
        error = f"{100 * part.error.mean():.2f} ± {100 * half(part.error):.2f}"
        yield (
            f"| {method} | {budget} | {part.seconds.mean():.3f} ± {half(part.seconds):.3f} | "
            + ("1 | 0 | 0 |" if method == "exact"
               else f"{times} | {error} | {100 * part.no_path.mean():.2f} |")
        )  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="digits, two samples")
    parser.add_argument("--only", choices=list(NETWORKS), nargs="+")
    parser.add_argument("--shapiq", help="a Python that has shapiq, which takes part then")
    given = vars(parser.parse_args())
    quick, only = given["quick"], given["only"]
    logging.getLogger("shap").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")  # singular systems, where a budget is below the features
    for name in ("digits",) if quick else only or NETWORKS:
        samples = 2 if quick else NETWORKS[name]["samples"]
        lines, accuracy = meeting(name, samples, given["shapiq"])
        how = NETWORKS[name]
        about = f"{how['hidden']} units of {how['fan_in']} inputs, {100 * accuracy:.1f} % accurate"
        print(f"{name}, {about}, {samples} samples\n", *table(lines), "", sep="\n", flush=True)


if __name__ == "__main__":
    main()
