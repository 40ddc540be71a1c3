"""What runs on many workers take: a study's seeds and a stream's parts, measured and modelled.

    python benchmarks/scaling.py                  ten minutes; writes docs/scaling.csv
    python benchmarks/scaling.py --parts streams one part anew; none after it: only the tables

Processor time is what the model is fitted to: it hardly depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scaled import measuring, model, page

LINES = Path(__file__).parent.parent / "docs" / "scaling.csv"
COLUMNS = ("part", "what", "name", "value")
SEEDS, ROWS = 12, 200_000


def fits(folder: Path) -> Iterator[tuple[str, str, str, float]]:
    """Measure one seed of each setting that the model is fitted to, and of larger ones."""
    number = 0
    for part, settings in (("fit", measuring.settings), ("check", measuring.larger)):
        for what, n, features, asked in settings(folder):
            (took,) = measuring.took(asked)
            number += 1
            said = {**model.counts(asked, n, features), **took}
            yield from ((part, f"{what}, {number}", name, value) for name, value in said.items())


def studies(folder: Path) -> Iterator[tuple[str, str, str, float]]:
    """Run a study on one worker and on two."""
    asked = model.config(measuring.written(folder, 1600, 20), seeds=SEEDS)
    for workers in (1, 2):
        seeds: list[Any] = []
        clocked = measuring.clock(lambda w=workers, s=seeds: s.extend(measuring.took(asked, w)))
        yield from (("study", f"{workers}", name, value) for name, value in clocked.items())
        cpu = [each["cpu"] for each in seeds]
        yield "study", f"{workers}", "cells", float(np.sum(cpu))
        yield "study", f"{workers}", "makespan", model.simulated(cpu, workers, start=0, each=0)
        yield "study", f"{workers}", "load", os.getloadavg()[0]


def streams(folder: Path) -> Iterator[tuple[str, str, str, float]]:
    """Explain rows in parts on one worker and on two."""
    for workers, cluster in ((1, None), (2, None), (2, "local")):
        clocked = measuring.stream(folder, ROWS, workers, cluster)
        name = f"{workers}{' on Dask' if cluster else ''}"
        yield from (("stream", name, key, value) for key, value in clocked.items())
        yield "stream", name, "load", os.getloadavg()[0]


def clusters(folder: Path) -> Iterator[tuple[str, str, str, float]]:
    """Count bytes, and hold the simulated sharing out of many cells against a real one."""
    from distributed import LocalCluster

    asked = model.config(measuring.written(folder, 6400, 100), seeds=4, epochs=1, arms=0, levels=0)
    hidden, measuring_where = "/no/such/disk", "explainprune.engine.cluster._where"
    from unittest.mock import patch

    dask = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0")
    with dask, patch(measuring_where, lambda path: hidden):
        sent = measuring.bytes_sent(asked, dask.scheduler_address)
    size = Path(asked.data.source).stat().st_size
    for number, each in enumerate(sent.values()):
        yield "bytes", f"worker {number}", "sent", each
        yield "bytes", f"worker {number}", "file", size
    rng = np.random.default_rng(0)
    with LocalCluster(n_workers=2, threads_per_worker=4, dashboard_address="127.0.0.1:0") as dask:
        start = measuring.asleep(dask.scheduler_address, [0.0] * 8)
        for count in (12, 120):
            durations = rng.gamma(4, 0.3, count)
            found = measuring.asleep(dask.scheduler_address, durations)
            expected = model.simulated(durations, 8, start=start, each=0.01)
            yield "simulation", f"{count} cells", "seconds", found
            yield "simulation", f"{count} cells", "simulated", expected


def overheads(folder: Path) -> Iterator[tuple[str, str, str, float]]:
    """Time cells that do nothing."""
    for what, seconds, processor in measuring.overhead(300):
        yield "overhead", what, "seconds", seconds
        yield "overhead", what, "cpu", processor


PARTS = {
    "overheads": overheads,
    "clusters": clusters,
    "studies": studies,
    "streams": streams,
    "fits": fits,
}


def keep(lines: list[list[str]]) -> None:
    """Put lines in place of those of the same parts."""
    anew = {line[0] for line in lines}
    before: list[list[str]] = []
    if LINES.exists():
        with LINES.open(encoding="utf-8", newline="") as file:
            before = [line for line in list(csv.reader(file))[1:] if line[0] not in anew]
    with LINES.with_suffix(".new").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *before, *lines])
    LINES.with_suffix(".new").replace(LINES)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--parts", nargs="*", choices=PARTS, default=list(PARTS))
    for part in asked.parse_args().parts:
        with tempfile.TemporaryDirectory() as folder:
            lines = []
            for *where, value in PARTS[part](Path(folder)):
                lines.append([*where, f"{value:.6g}"])
                print(",".join(lines[-1]), flush=True)
            keep(lines)
    page.write(LINES)


if __name__ == "__main__":
    main()
