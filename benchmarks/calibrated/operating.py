"""Operating curves: what is said, how often, of pairs whose truth is around the margin."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from calibrated.planted import standard
from calibrated.rule import MARGIN, data_of, judged
from calibrated.store import Cell, Run

ROWS = (50, 100, 300, 1000)
BACKGROUNDS = (20, 100, 400, 1500)
TRUTHS = (0.05, 0.10, 0.125, 0.175, 0.20, 0.25)


def run_of(kind: str, rows: int, background: int, truth: float) -> Run:
    """Judge fresh rows and backgrounds of a pair with a known truth."""

    def run(number: int) -> dict[str, float]:
        pair = standard(kind, truth)
        own = [number, rows, background, round(1000 * truth)]  # no two cells share a run
        data = data_of(pair.rows(np.random.default_rng(own), rows), pair.pool)
        seed = int(np.random.default_rng(own).integers(2**31))
        found = judged(pair, data, background=background, seed=seed)
        return found.counts() | found.foreseen(truth)

    return run


def key(kind: str, rows: int, background: int, truth: float) -> str:
    return f"{kind}, {rows} rows, {background} background rows, true {truth:g}"


def cells() -> Iterator[Cell]:
    """Yield the cells at the margin first, then those beside it."""
    for kind in ("linear", "relu"):
        for background in BACKGROUNDS:
            runs = 100 if kind == "relu" and background >= 400 else 200
            for rows in ROWS:
                at = (kind, rows, background, MARGIN)
                yield Cell("at the margin", key(*at), run_of(*at), runs)
    for kind in ("linear", "relu"):
        for truth in TRUTHS:
            beside = (kind, 100, 20, truth)
            yield Cell("around the margin", key(*beside), run_of(*beside))
    for kind, truth in (("linear", 0.175), ("relu", 0.2)):
        for background in BACKGROUNDS:
            beyond = (kind, 1000, background, truth)
            yield Cell("beyond the margin", key(*beyond), run_of(*beyond), 50)
