"""The tables of docs/scaling.md."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from _page import DOCS, put, table

from scaled import model

PAGE = DOCS / "scaling.md"

SPEED = """\
Measured on two cores (*load*: processes that wanted to run, ours included; far above the number of
workers, times by the clock say little). *By processor time*: how much sooner two workers are done
on two free cores, from what each seed took; of a stream, from the client's part, which isn't
shared out, and the children's, which is. What that leaves out: caches and memory that two
processes share."""
EACH = """\
A cell on Dask takes {:.1f} ms of processor time, of client, scheduler and worker together."""
SHORT = """\
Parts of a third of a second are short for Dask, whose client and scheduler take {:.0f} ms for
each: more rows at once (`--rows-at-once`), a dearer method, or child processes of one machine do
better."""
FILES = "Files that a study reads, to workers that don't see the client's disk, each once:"
REQUESTS = """\
A request is about 1 KB and a seed's answer 100 KB, with the models of the first seed beside it;
a part of a stream sends its rows (4 bytes a number) and brings back its file."""
FIT = """\
Processor seconds of one seed, fitted without negative parts to all settings below, each by its
relative error; children of one thread, a fresh one for each setting, so that importing
TensorFlow is in it. A pair is a row, a background row and a model explained. Parts that are 0
couldn't be told from the others: seeds of small data are mostly TensorFlow being imported and
models being traced, and what training itself takes is your recipe's own."""
CHECKS = """\
How the model does. *Of the smaller*: fitted to the settings above alone, which the last three
exceed ten times: it was wrong by up to a factor of two there, which is what to expect beyond
these sizes."""
SIMULATED = """\
How seeds are shared out is simulated: each goes to the worker that is free first. Beside real
clusters of two processes with four threads each, whose cells only wait, at ten times as many:"""
LARGE = """\
A study of 100 seeds with three arms and four levels on a million rows of a thousand features (4
GB in float32), one seed on each of 100 workers, is far beyond what the model was held against;
it says"""
BREAKS = """\
**Memory breaks first**: {:.0f} GB a worker, as a byte of rows is held many times over while
they are read, split, trained on and explained; attributions alone are 24 GB (eight bytes, two
backgrounds, six models) where all held-out rows are explained, which `[explain] rows = 2000`
takes away: an interval hardly narrows beyond some thousand rows. Cut the features, or the rows,
before that. Then comes the **network**: 4 GB to each of 100 workers are 400 GB through the
scheduler, 5 minutes at 10 Gbit/s if nothing else holds it up; from a disk that all see, workers
copy the file themselves."""
STREAM = """\
A stream of that size is 1,000 parts of 4 MB. What isn't shared out is the client: reading,
hashing, sending, and storing a part took it {:.1f} processor seconds where scaled to 1,000
features, {:.0f} minutes for all, so that workers beyond the time of one part over {:.2f}
seconds (at 100 workers: parts of {:.0f} seconds) wait for it. Dearer methods have such parts;
for cheap ones cut the rows into files and explain these side by side."""
FEATURES = 50
"""Of the stream that was measured."""
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
        ("stream of 200,000 rows", "1", *_times(stream["1"]), "", ""),
        ("", "2", *_times(stream["2"]), *_ratios(stream["1"], stream["2"])),
        ("", "2, Dask", *_times(stream["2 on Dask"]), *_ratios(stream["1"], stream["2 on Dask"])),
    ]
    speed = table(
        ["what", "workers", "seconds", "client's CPU s", "children's CPU s", "load", "by the clock",
         "by processor time"],
        rows,
    )  # fmt: skip
    files = table(
        ["worker", "was sent of files", "the data file has"],
        [
            (name, *(f"{each[key] / 1e6:.2f} MB" for key in ("sent", "file")))
            for name, each in sent.items()
        ],
    )
    short = SHORT.format(1000 * stream["2 on Dask"]["a part"])
    return [SPEED, overhead, EACH.format(1000 * most), speed, short, FILES, files, REQUESTS]


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
    time, memory = fits(found, "fit", "check")
    smaller = fits(found, "fit")
    words = {
        "a seed": "a seed", "epochs": "an epoch", "training": "1,000 training steps",
        "a model": "a model explained", "explaining": "10⁹ (pairs × weights)",
        "values": "10⁶ attributed values",
    }  # fmt: skip
    taken = table(
        ["for", "processor seconds"],
        [
            (words[name], f"{value * (1000 if name == 'training' else 1):.3g}")
            for name, value in zip(model.TERMS, time, strict=True)
        ],
    )
    held = table(
        ["for", "memory"],
        [("a process", f"{memory[0] / 1e6:.0f} MB"), ("a byte of rows", f"{memory[1]:.1f} bytes")],
    )
    checks = table(
        [
            "setting",
            "processor seconds",
            "model",
            "of the smaller",
            "memory",
            "model",
            "of the smaller",
        ],
        [
            (
                f"{what.rpartition(', ')[0]}{' × 10 again' if part == 'check' else ''}",
                f"{each['cpu']:.1f}",
                f"{float(time @ model.terms(each)):.1f}",
                f"{float(smaller[0] @ model.terms(each)):.1f}" if part == "check" else "",
                f"{each['peak'] / 1e9:.2f} GB",
                f"{float(memory @ model.held(each)) / 1e9:.2f} GB",
                f"{float(smaller[1] @ model.held(each)) / 1e9:.2f} GB" if part == "check" else "",
            )
            for part in ("fit", "check")
            for what, each in found[part].items()
        ],
    )
    simulated = table(
        ["cells on 8 threads", "seconds", "simulated"],
        [
            (name, f"{each['seconds']:.1f}", f"{each['simulated']:.1f}")
            for name, each in found["simulation"].items()
        ],
    )
    return [FIT, taken, "Memory at its peak:", held, CHECKS, checks, SIMULATED, simulated]


def fits(found: Read, *parts: str) -> tuple[Any, Any]:
    """Fit both models to what was measured."""
    seen = [each for part in parts for each in found[part].values()]
    time = model.fitted([model.terms(each) for each in seen], [each["cpu"] for each in seen])
    memory = model.fitted([model.held(each) for each in seen], [each["peak"] for each in seen])
    return time, memory


def _large(found: Read) -> list[str]:
    time, memory = fits(found, "fit", "check")
    asked = model.config("rows.npz", arms=3, levels=4, rows=2000, epochs=30, seeds=100)
    counts = model.counts(asked, 1_000_000, 1000)
    every = model.counts(replace(asked, explain=replace(asked.explain, rows=None)), 10**6, 1000)
    rows = [
        (what, f"{float(time @ model.terms(each)) / 3600:.2g}")
        for what, each in (("2,000 held-out rows", counts), ("all 250,000 of them", every))
    ]
    study = table(["explained in each seed", "hours a seed, training apart"], rows)
    held = float(memory @ model.held(counts)) / 1e9
    part = found["stream"]["2 on Dask"]["a part"] * 1000 / FEATURES
    return [
        LARGE,
        study,
        BREAKS.format(held),
        STREAM.format(part, 1000 * part / 60, part, 100 * part),
    ]
