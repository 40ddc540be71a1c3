"""Ends that hold by proof beside sampling's intervals: how wide after how long.

Networks as VeriSHAP's authors publish them for tables (a multilayer perceptron of one or two hidden
layers, one baseline: the mean row; here the values of all outputs), trained here. Each sample is
explained by ``method="hybrid", bounds="certified"`` with ever more boxes, and by `permutation` with
``tolerance=0.01``. Times are the processor's, on one thread; the width is half of the widest
interval over the sample's largest value, mean over samples.

    python benchmarks/certified_bounds.py             several minutes
    python benchmarks/certified_bounds.py --quick     wine
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

NETWORKS = (
    ("wine", (32, 32)), ("breast_cancer", (32,)), ("breast_cancer", (32, 32)),
    ("digits", (32,)), ("digits", (64, 64)),
)  # fmt: skip
BOXES = (1_000, 20_000)
SAMPLES = 2


def trained(name: str, hidden: tuple[int, ...]) -> tuple[Any, Any]:
    """Return a network and its data."""
    data = xp.load_data(name, seed=0)
    model = perceptron(data.x.shape[1], len(data.class_names), hidden=hidden)
    return fit(model, data.train, epochs=30, batch_size=64)[0], data


def width(low: Any, high: Any, values: Any) -> float:
    """Return half of the widest interval, over the largest value."""
    return float((high - low).max() / 2 / np.abs(values).max())


def timed(model: Any, x: Any, baseline: Any, **how: Any) -> tuple[list[Any], float]:
    """Explain one sample after the other: attributions, and the processor's seconds a sample."""
    both = {"background": baseline, "target": "all", "output": "centred"}
    xp.attribute(model, x[:1], **both, **how)  # compiling isn't timed
    begin = time.process_time()
    found = [xp.attribute(model, row[None], **both, **how) for row in x]
    return found, (time.process_time() - begin) / len(x)


def lines(name: str, hidden: tuple[int, ...], boxes: tuple[int, ...]) -> Iterator[str]:
    """Write a line for each budget, and one for sampling."""
    model, data = trained(name, hidden)
    x = np.asarray(data.x[:SAMPLES], np.float32)
    baseline = np.asarray(data.train.x, np.float32).mean(axis=0, keepdims=True)
    about = f"| {name}, {'-'.join(map(str, hidden))} | {x.shape[1]} "
    for most in boxes:
        how = {"method": "hybrid", "bounds": "certified", "tolerance": 0.01, "boxes": most}
        found, seconds = timed(model, x, baseline, **how)
        wide = np.mean([width(each.lower, each.upper, each.values) for each in found])
        yield f"{about}| {most:,} boxes | {seconds:.2f} | {wide:.2%} |"
        if wide <= 0.0101:
            break
    found, seconds = timed(model, x, baseline, method="permutation", tolerance=0.01)
    wide = np.mean([width(*each.interval(), each.values) for each in found])
    yield f"{about}| sampled, 95 % | {seconds:.2f} | {wide:.2%} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="wine, few boxes")
    quick = parser.parse_args().quick
    print("| network | players | ends by | seconds | half of the widest |\n" + "|---" * 5 + "|")
    for name, hidden in NETWORKS[: 1 if quick else None]:
        print(*lines(name, hidden, BOXES[: 1 if quick else None]), sep="\n", flush=True)


if __name__ == "__main__":
    main()
