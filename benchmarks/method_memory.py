"""What every method and criterion takes: memory at its peak, and time; many features, many classes.

Each runs in a process of its own, forked from one that has imported all libraries and run nothing,
with its own defaults; what it refuses is said in its words. Tracing is part of the time, as for a
user's first call. Linux only.

    python benchmarks/method_memory.py                 docs/memory.md and .csv, half an hour
    python benchmarks/method_memory.py --only gradient those whose names have it, only printed
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from _memory import peak
from _page import DOCS, put, table

ROWS, BACKGROUND, CALIBRATION, PATIENCE = 2, 2, 32, 400
BOUND = 512
"""Megabytes that nothing may take beyond what the process held before."""
Case = Callable[..., tuple[Any, dict[str, Any]]]


def features(*, maps: bool) -> tuple[Any, dict[str, Any]]:
    """Return a network of 10,000 features and ten classes, the predicted one explained."""
    return (_convolutional(100, 10) if maps else _perceptron(10_000, 32, 10)), {}


def classes(*, maps: bool) -> tuple[Any, dict[str, Any]]:
    """Return a network of 100 features and 1,000 classes, all of which are explained."""
    model = _convolutional(10, 1_000) if maps else _perceptron(100, 64, 1_000)
    return model, {"target": "all"}


def _perceptron(inputs: int, units: int, outputs: int) -> Any:
    import keras

    layers = keras.layers
    stack = [layers.Dense(units, "relu"), layers.Dense(outputs, "softmax")]
    return keras.Sequential([keras.Input((inputs,)), *stack])


def _convolutional(side: int, outputs: int) -> Any:
    import keras

    layers = keras.layers
    stack = [
        layers.Conv2D(8, 5, strides=2, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(outputs, "softmax"),
    ]
    return keras.Sequential([keras.Input((side, side, 1)), *stack])


CASES: dict[str, Case] = {"10,000 features": features, "1,000 classes": classes}
MAPPED = ("gradcam", "guided_gradcam")
FEWER = {"permutation": {"draws": 1}}
"""Other draws take as long again, and nothing more."""


def _work(kind: str, name: str, case: str) -> Callable[[], Any]:
    """Prepare a method or a criterion on a case's model."""
    import keras

    import explainprune as xp

    keras.utils.set_random_seed(0)
    model, options = CASES[case](maps=name in MAPPED)
    rng = np.random.default_rng(0)

    def rows(count: int) -> Any:
        return rng.normal(size=(count, *model.input_shape[1:])).astype("float32")

    if kind == "criterion":
        x, y = rows(CALIBRATION), rng.integers(model.output_shape[1], size=CALIBRATION)
        model(x[:1])
        return lambda: xp.importance(model, x, y, criterion=name)
    x, background = rows(ROWS), rows(BACKGROUND)
    model(x[:1])
    options |= {"background": background, "method": name, **FEWER.get(name, {})}
    return lambda: xp.attribute(model, x, **options)


def one(kind: str, name: str, case: str, out: Any) -> None:
    """Measure in this process, and send what was found."""
    work, found = _work(kind, name, case), {"kind": kind, "name": name, "case": case}

    def run() -> None:
        start = time.perf_counter()
        try:
            work()
        except (ValueError, MemoryError) as error:
            found["refused"] = " ".join(str(error).split())
        found["seconds"] = f"{time.perf_counter() - start:.3g}"

    found["megabytes"] = f"{peak(run):.0f}"
    out.send(found)


def measured(kind: str, name: str, case: str) -> dict[str, Any]:
    """Measure in a process of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["explainprune.network", "explainprune.analysis", "shap"])
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=one, args=(kind, name, case, there))
    child.start()
    there.close()
    try:
        if here.poll(PATIENCE):
            found: dict[str, Any] = here.recv()
            return found
        said = f"not done in {PATIENCE} s"
    except EOFError:
        said = f"failed: exit code {child.exitcode}"
    finally:
        child.kill()
        child.join()
    return {"kind": kind, "name": name, "case": case, "refused": said}


def page(lines: list[dict[str, Any]]) -> str:
    """Lay figures out: a line for each name, two cells for each case."""
    head = ["", *(f"{case}: {unit}" for case in CASES for unit in ("MB", "s"))]
    rows, notes = [], []
    for name in dict.fromkeys(line["name"] for line in lines):
        row = [f"`{name}`"]
        for case in CASES:
            found = next(x for x in lines if (x["name"], x["case"]) == (name, case))
            if "refused" in found:
                notes.append(f"- `{name}`, {case}: {found['refused']}")
                row += ["not done" if "megabytes" not in found else "refused", ""]
            else:
                row += [f"{max(0, int(found['megabytes'])):,}", found["seconds"]]
        rows.append(row)
    refused = (
        "\n\nWhat was refused, in its words, or not done:\n\n" + "\n".join(notes) if notes else ""
    )
    return table(head, rows) + refused


def _asked(only: str) -> Iterable[tuple[str, str, str]]:
    import explainprune as xp

    named = [("method", each) for each in xp.METHODS] + [("criterion", x) for x in xp.CRITERIA]
    return [(*each, case) for each in named if only in each[1] for case in CASES]


def main() -> None:
    """Measure all, and write the page."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--only", default="")
    options = asked.parse_args()
    lines = []
    for each in _asked(options.only):
        lines.append(measured(*each))
        print(lines[-1], flush=True)
    most = max((int(x["megabytes"]) for x in lines if "megabytes" in x), default=0)
    print(f"The most is {most} MB; the bound is {BOUND}.")
    if options.only:
        return
    put(DOCS / "memory.md", "Methods", page([x for x in lines if x["kind"] == "method"]))
    put(DOCS / "memory.md", "Criteria", page([x for x in lines if x["kind"] == "criterion"]))
    with (DOCS / "memory.csv").open("w", encoding="utf-8", newline="") as file:
        head = ["kind", "name", "case", "megabytes", "seconds", "refused"]
        writer = csv.DictWriter(file, head)
        writer.writeheader()
        writer.writerows(lines)


if __name__ == "__main__":
    main()
