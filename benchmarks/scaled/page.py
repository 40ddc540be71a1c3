"""The tables of docs/scaling.md."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from _page import DOCS, put, table

from scaled import model

PAGE = DOCS / "scaling.md"

SPEED = """\
Measured on two cores that other work kept several times busier than they are (*load*: processes
that wanted to run, ours included), so that times by the clock say little and processor time is
what to go by. *By processor time*: how much sooner two workers are done on two free cores, from
what each seed took; of a stream, from the client's part, which isn't shared out, and the
children's, which is. What that leaves out: caches and memory that two processes share."""
EACH = """\
A cell on Dask takes {:.1f} ms of processor time, of client, scheduler and worker together."""
FILES = "Files that a study reads, to workers that don't see the client's disk, each once:"
REQUESTS = """\
A request is about 1 KB and a seed's answer 100 KB, with the models of the first seed beside it;
a part of a stream sends its rows (4 bytes a number) and brings back its file."""
FIT = """\
Processor seconds of one seed, fitted without negative parts to the settings below, each by its
relative error; children of one thread, a fresh one for each setting, so that importing
TensorFlow is in it. Epochs and steps are those of all models of a seed: dense, pruned, arms,
levels. A pair is a row, a background row and a model explained."""
CHECKS = """\
How the model does on the settings that it was fitted to, and on ten times as many rows,
features and background rows, which it hasn't seen:"""
SIMULATED = """\
How seeds are shared out is simulated: each goes to the worker that is free first. Beside real
clusters of two processes with four threads each, whose cells only wait, at ten times as many:"""
Read = dict[str, dict[str, dict[str, float]]]


def read(lines: Path) -> Read:
    """Return value by part, what and name."""
    found: Read = defaultdict(lambda: defaultdict(dict))
    with lines.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            found[line["part"]][line["what"]][line["name"]] = float(line["value"])
    return found


def write(lines: Path) -> None:
    """Put the tables in place of those that are there."""
    found = read(lines)
    put(PAGE, "Overhead, speed-up, bytes", "\n\n".join(_shared(found)))
    put(PAGE, "What a seed takes", "\n\n".join(_model(found)))
    put(PAGE, "A million rows, a thousand features, a hundred workers", "\n\n".join(_large(found)))


def _shared(found: Read) -> list[str]:
    study, stream, sent = found["study"], found["stream"], found["bytes"]
    most = max(each["cpu"] for each in found["overhead"].values())
    overhead = table(
        ["a cell that does nothing", "ms", "processor ms"],
        [
            (what, *(f"{1000 * each[key]:.1f}" for key in ("seconds", "cpu")))
            for what, each in found["overhead"].items()
        ],
    )
    rows = [
        ("study of 12 seeds", "1", *_times(study["1"]), "", ""),
        ("", "2", *_times(study["2"]), *_ratios(study["1"], study["2"])),
        ("stream of 20,000 rows", "1", *_times(stream["1"]), "", ""),
        ("", "2", *_times(stream["2"]), *_ratios(stream["1"], stream["2"])),
        ("", "2, Dask", *_times(stream["2 on Dask"]), *_ratios(stream["1"], stream["2 on Dask"])),
    ]
    speed = table(
        ["what", "workers", "seconds", "client's CPU s", "children's CPU s", "load", "by the clock",
         "by processor time"],
        rows,
    )  # fmt: skip
    files = table(
        ["worker", "bytes of files sent", "the data file has"],
        [(name, f"{each['sent']:,.0f}", f"{each['file']:,.0f}") for name, each in sent.items()],
    )
    return [SPEED, overhead, EACH.format(1000 * most), speed, FILES, files, REQUESTS]


def _times(each: dict[str, float]) -> tuple[str, ...]:
    return tuple(f"{each[key]:.1f}" for key in ("seconds", "own", "children", "load"))


def _ratios(one: dict[str, float], two: dict[str, float]) -> tuple[str, str]:
    """Return by how much two workers are faster, measured and as their processor time allows."""
    if "makespan" in one:
        ideal = one["makespan"] / two["makespan"]
    else:
        ideal = (one["own"] + one["children"]) / (two["own"] + two["children"] / 2)
    return f"{one['seconds'] / two['seconds']:.2f} ×", f"{ideal:.2f} ×"


def _model(found: Read) -> list[str]:
    time, memory = found["model"]["time"], found["model"]["memory"]
    words = {
        "a seed": "a seed", "epochs": "an epoch", "training": "1,000 training steps",
        "a model": "a model explained", "explaining": "10⁹ (pairs × weights)",
        "values": "10⁶ attributed values",
    }  # fmt: skip
    scale = {"training": 1000.0}
    taken = table(
        ["for", "processor seconds"],
        [(words[name], f"{time[name] * scale.get(name, 1):.3g}") for name in model.TERMS],
    )
    held = table(
        ["for", "memory"],
        [
            ("a process", f"{memory['a process'] / 1e6:.0f} MB"),
            ("a byte of rows", f"{memory['rows']:.1f} bytes"),
            ("a byte of attributions", f"{memory['values']:.1f} bytes"),
        ],
    )
    checks = table(
        ["setting", "time, model / measured", "memory, model / measured"],
        [
            (name, *(f"{found[part][number][f'{key}, model over measured']:.2f}"
                     for key in ("time", "memory")))
            for part in ("fit", "check")
            for name, number in _numbered(found, part)
        ],
    )  # fmt: skip
    simulated = table(
        ["cells on 8 threads", "seconds", "simulated"],
        [
            (name, f"{each['seconds']:.1f}", f"{each['simulated']:.1f}")
            for name, each in found["simulation"].items()
        ],
    )
    return [FIT, taken, "Memory at its peak:", held, CHECKS, checks, SIMULATED, simulated]


def _numbered(found: Read, part: str) -> list[tuple[str, str]]:
    names = [name for name in found[part] if ", " in name]
    return [(name.rpartition(", ")[0], name.rpartition(", ")[2]) for name in names]


def _large(found: Read) -> list[str]:
    time = np.array([found["model"]["time"][name] for name in model.TERMS])
    memory = np.array([found["model"]["memory"][name] for name in model.HELD])
    rows: list[tuple[Any, ...]] = []
    for what, scored in (("all 250,000 held-out rows explained", 250_000), ("2,000 of them", 2000)):
        asked = model.config("rows.npz", arms=3, levels=4, rows=scored, epochs=30, seeds=100)
        counts = model.counts(asked, 1_000_000, 1000)
        seconds = float(time @ model.terms(counts))
        held = float(memory @ model.held(counts))
        rows.append((what, f"{seconds / 3600:.1f}", f"{held / 1e9:.0f} GB", f"{400:,} GB"))
    return [table(["100 seeds, 100 workers", "hours a seed", "memory a worker", "rows sent"], rows)]
