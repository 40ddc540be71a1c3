"""What is measured: cells of studies, overhead, speed-up, bytes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from explainprune.analysis.attribution import attribute_to
from explainprune.engine import LOCAL, each_cell
from explainprune.engine.cluster import Cluster
from explainprune.network import perceptron
from explainprune.study import StudyConfig
from explainprune.study.kept import elsewhere
from explainprune.study.run import CELL, _cells
from scaled import cells as cells_module
from scaled.model import config

HERE = Path(cells_module.__file__)
NEEDS = {"scaled/cells.py": HERE, "scaled/__init__.py": HERE.parent / "__init__.py"}


def written(folder: Path, rows: int, features: int) -> str:
    """Write rows of two classes to a file."""
    path = folder / f"{rows}x{features}.npz"
    if not path.exists():
        rng = np.random.default_rng(0)
        x = rng.normal(size=(rows, features)).astype("float32")
        y = (x[:, :5].sum(axis=1) + 0.5 * rng.normal(size=rows) > 0).astype(int)
        np.savez(path, x=x, y=y)
    return str(path)


def took(asked: StudyConfig, workers: int = 1, cluster: str | None = None) -> list[dict[str, Any]]:
    """Run a study's cells, and return what each said of itself."""
    plain, needs = (asked.to_dict(), {}) if cluster is None else elsewhere(asked)
    cells = [each | {"config": plain} for each in _cells(asked, keep=False)]
    asking = [{"function": CELL, "cell": each, "seed": each["seed"]} for each in cells]
    found = each_cell(
        "scaled.cells:timed", asking, workers=workers, cluster=cluster, needs={**needs, **NEEDS}
    )
    with closing(found):
        return [result for _, result in found]


def overhead(count: int) -> Iterator[tuple[str, float, float]]:
    """Yield what a cell that does nothing takes, by the clock and of processor time."""
    cells = [{"n": number} for number in range(count)]
    for what, workers, cluster in (
        ("one child process", 1, None),
        ("one Dask worker", 1, LOCAL),
        ("two Dask workers", 2, LOCAL),
    ):
        found = each_cell("builtins:dict", cells, workers=workers, cluster=cluster)
        with closing(found):
            for _ in range(10):
                next(found)
            start, before = time.perf_counter(), processor_time()
            done = [time.perf_counter() for _ in range(count - 20) if next(found)]
            after = processor_time()
            yield what, (done[-1] - start) / len(done), (after - before) / len(done)


def processor_time() -> float:
    """Return the processor time of this process and of those under it, since they began."""
    me = psutil.Process()
    times = [each.cpu_times() for each in (me, *me.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def clock(run: Any) -> dict[str, float]:
    """Time a call: by the clock, and by the processor time of this process and its children."""
    before, start = os.times(), time.perf_counter()
    run()
    after = os.times()
    return {
        "seconds": time.perf_counter() - start,
        "own": after.user + after.system - before.user - before.system,
        "children": after.children_user
        + after.children_system
        - before.children_user
        - before.children_system,
    }


def stream(folder: Path, rows: int, workers: int, cluster: str | None) -> dict[str, float]:
    """Explain rows in parts of a thousand."""
    x = np.random.default_rng(0).normal(size=(rows, 50)).astype("float32")
    model, out = perceptron(50, 3, hidden=(64, 64), seed=0), folder / "stream.npz"
    ticks: list[float] = []
    found = clock(
        lambda: attribute_to(
            out, model, x, background=x[:100], method="deep_shap", workers=workers,
            cluster=cluster, force=True,
            progress=lambda done, total: ticks.append(time.process_time()),
        )
    )  # fmt: skip
    return {**found, "a part": (ticks[-1] - ticks[0]) / (len(ticks) - 1)}


def bytes_sent(asked: StudyConfig, address: str) -> dict[str, int]:
    """Return the bytes of files that each worker of a cluster without a common disk was sent."""
    plain, needs = elsewhere(asked)
    pool = Cluster(CELL, 1, address, 1, needs, None)
    try:
        for index, cell in enumerate(_cells(asked, keep=False)):
            pool.put(index, cell | {"config": plain})
        for _ in asked.study.seeds:
            answer = pool.get()[1]
            assert "result" in answer, answer
    finally:
        pool.end()
    return pool.sent


def settings(folder: Path) -> Iterator[tuple[str, int, int, StudyConfig]]:
    """Yield the settings that the model is fitted to: what is other, rows, features, all of it."""
    base: Mapping[str, int] = {"n": 1600, "features": 20}
    for what, values in (
        ("base", [{}]),
        ("arms", [{"arms": 0}, {"arms": 3}]),
        ("levels", [{"levels": 0}, {"levels": 4}]),
        ("rows", [{"n": 800, "rows": 100}, {"n": 6400, "rows": 800}]),
        ("features", [{"features": 100}]),
        ("background", [{"background": 60}, {"backgrounds": 6}]),
        ("epochs", [{"epochs": 12}]),
        ("rows, tenfold", [{"n": 16000, "rows": 2000}]),
        ("features, tenfold", [{"features": 200}]),
        ("background, tenfold", [{"background": 200}]),
    ):
        for change in values:
            yield from _setting(folder, what, base, change)


def larger(folder: Path) -> Iterator[tuple[str, int, int, StudyConfig]]:
    """Yield settings ten times as large again, which the model hasn't seen."""
    base: Mapping[str, int] = {"n": 1600, "features": 20}
    for what, change in (
        ("rows", {"n": 160000, "rows": 20000}),
        ("features", {"features": 2000}),
        ("background", {"n": 16000, "rows": 200, "background": 2000}),
    ):
        yield from _setting(folder, what, base, change)


def _setting(
    folder: Path, what: str, base: Mapping[str, int], change: Mapping[str, int]
) -> Iterator[tuple[str, int, int, StudyConfig]]:
    both = {**base, **change}
    n, features = both.pop("n"), both.pop("features")
    yield what, n, features, config(written(folder, n, features), **both)


def asleep(address: str, durations: Sequence[float]) -> float:
    """Run cells that only wait, and return the seconds that all took, processes' start included."""
    cells = [{"seconds": seconds} for seconds in durations]
    start = time.perf_counter()
    found = each_cell("scaled.cells:asleep", cells, workers=1, cluster=address, needs=NEEDS)
    with closing(found):
        for _ in found:
            pass
    return time.perf_counter() - start
