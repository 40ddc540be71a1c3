"""Attributions beside shap, xplique and the bare limit: time, error and memory, in one run.

The limit is a bare compiled loop: as many rows of the model, forward or forward and backward, in
the batches that suit it best, nothing else. All who take part run turn by turn, so that whatever
else the machine does hits all alike; a ratio is the median over turns, with the interval that the
middle of 1,000 resamples of the turns falls into 95 times in 100. Compiling isn't timed, anybody's.

    python benchmarks/attribution_peers.py            docs/benchmarks.md and .csv, about 8 minutes
    python benchmarks/attribution_peers.py --quick    two small networks in a minute, only printed

xplique asks for older versions than we have, and runs on ours all the same. To have it take part:

    python -m venv DIR && DIR/bin/pip install -c constraints.txt -e . tf-keras \\
      tensorflow-probability deprecated einops opencv-python-headless scikit-image
    DIR/bin/pip install --no-deps xplique==2.0.2
    DIR/bin/python benchmarks/attribution_peers.py
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peers import cases, comparisons, memory, page, timing
from peers.limit import Limit

DOCS = Path(__file__).parent.parent / "docs"
RUN = Path(tempfile.gettempdir()) / "attribution_peers.json"


def meetings(case: Any, quick: bool) -> Iterator[Any]:
    """Yield the comparisons of one network, each made when it is asked for."""
    images, large = case.x.ndim > 2, case.x[0].size > 2000
    if images:
        yield comparisons.gradcam(case)
    yield comparisons.occlusion(case)
    if images and quick:
        return
    some = case.first(20) if images else case
    yield comparisons.deep_shap(some, every=False)
    if not large:
        yield comparisons.deep_shap(some, every=True)
    # shap needs hundreds of times as long for the same error.
    some = case.first(1 if large else 5 if images else 20)
    places, most = (8, 400) if quick else (64, 400) if large else (256, 20_000)
    yield comparisons.expected_gradients(some, places, most)
    if large:
        return
    background = case.background[:10] if images else case.background
    yield from comparisons.shapley(case, background, 3 if quick else page.ORDERS)
    yield comparisons.integrated_gradients(case, 50 if quick else 2000)
    yield comparisons.smoothgrad(case, 100 if quick else 2000)


def measure(case: Any, met: Iterator[Any], options: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Time all methods on one network; note who can't take part."""
    limits = {backward: Limit(case, backward, options.most) for backward in (False, True)}
    lines: list[dict[str, Any]] = []
    notes: list[str] = []
    for meeting in met:
        if not re.search(options.only, meeting.method):
            continue
        limit = limits[meeting.backward]
        found = timing.measured(meeting, limit, turns=options.turns, budget=options.seconds)
        for line in found:
            print(
                {k: round(v, 5) if isinstance(v, float) else v for k, v in line.items()}, flush=True
            )
        lines += found
        notes += [f"{meeting.method}, {case.name}: {note}." for note in meeting.notes]
    print(*notes, sep="\n", flush=True)
    return lines, notes


def with_others(lines: list[dict[str, Any]], last: dict[str, Any]) -> list[dict[str, Any]]:
    """Put new lines in the place of the last run's."""

    def met(line: dict[str, Any]) -> tuple[str, str]:
        return line["network"], line["method"]

    new: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in lines:
        new.setdefault(met(line), []).append(line)
    every = dict.fromkeys(map(met, last["lines"]))
    old = {key: [line for line in last["lines"] if met(line) == key] for key in every}
    return [line for key in every for line in new.get(key, old[key])]


def main() -> None:
    """Measure every network, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="two small networks, only printed")
    parser.add_argument("--turns", type=int, default=21, help="at most, for each comparison")
    parser.add_argument("--seconds", type=float, default=8.0, help="for each comparison, about")
    parser.add_argument("--most", type=int, default=16384, help="rows in a batch of the limit")
    parser.add_argument("--only", default="", help="methods (a pattern); the last run's for others")
    parser.add_argument("--page", action="store_true", help="write the last run's page anew")
    parser.add_argument("--memory", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.page:
        page.write(DOCS, **json.loads(RUN.read_text(encoding="utf-8")))
        return
    if options.memory:
        memory.measure(*options.memory)
        return
    if options.quick:
        options.turns, options.most = 1, 64
        for case in (cases.multilayer(True, epochs=1), cases.convolutional(True, epochs=0)):
            measure(case, meetings(case, True), options)
        return
    before = os.getloadavg()[0]
    plain, images, large = cases.multilayer(False), cases.convolutional(False), cases.mobile()
    some = images.first(20)
    found = [
        measure(plain, meetings(plain, False), options),
        measure(images, meetings(images, False), options),
        measure(some, comparisons.beside_shrunk(some), options),
        measure(large, meetings(large, False), options),
    ]
    lines, notes = ([one for part in parts for one in part] for parts in zip(*found, strict=True))
    figures = {"lines": list(lines), "notes": list(notes), "load": [before, os.getloadavg()[0]]}
    if options.only:
        last = json.loads(RUN.read_text(encoding="utf-8"))
        figures = last | {"load": figures["load"], "lines": with_others(figures["lines"], last)}
    else:
        figures["peaks"] = memory.table(Path(__file__))
    RUN.write_text(json.dumps(figures), encoding="utf-8")
    page.write(DOCS, **figures)


if __name__ == "__main__":
    main()
