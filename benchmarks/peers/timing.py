"""Times turn by turn, so that whatever else the machine does hits all alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from peers.comparisons import Comparison
from peers.limit import Limit

Array = Any


def seconds(run: Callable[[], Any]) -> tuple[float, float]:
    """Time one call, by the clock and by the processor time of all threads."""
    start, before = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - start, time.process_time() - before


def turns_within(budget: float, once: float, most: int) -> int:
    """Return how many turns fit into so many seconds, three at least."""
    return int(np.clip(budget / max(once, 1e-9), min(3, most), most))


def middle(ratios: Array) -> tuple[float, float, float]:
    """Return the median, and the 95 % interval of 1,000 resampled medians."""
    drawn = np.random.default_rng(0).choice(ratios, (1000, len(ratios)))
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
    return float(np.median(ratios)), float(low), float(high)


def measured(
    comparison: Comparison, limit: Limit, *, turns: int, budget: float
) -> list[dict[str, Any]]:
    """Run everybody turn by turn; return a line for each contestant."""
    rows = comparison.contestants[0].rows or 1
    runs = [contestant.run for contestant in comparison.contestants]
    first = [seconds(run)[0] for run in runs]  # peers have run before, to see whether they can
    runs.append(lambda: limit.run(rows))
    once = sum(seconds(run)[0] for run in runs)
    turns = turns_within(budget, once, turns)
    times = np.array([[seconds(run) for run in runs] for _ in range(turns)])
    lines = []
    for number, contestant in enumerate(comparison.contestants):
        line = {
            "network": comparison.case.name,
            "method": comparison.method,
            "who": contestant.who,
            "settings": contestant.words,
            "samples": len(comparison.case.x),
            "background": len(comparison.case.background),
            "rows": contestant.rows,
            "turns": turns,
        }
        if comparison.error is not None:
            line["error"] = comparison.error(contestant.run())
        if not number:
            line["first call"] = first[0]
        for clock, taken in (("", times[..., 0]), ("CPU, ", times[..., 1])):
            line[f"{clock}seconds"] = float(np.median(taken[:, number]))
            if contestant.rows:
                own = taken[:, -1] * contestant.rows / rows
                line |= _named(f"{clock}of the limit", taken[:, number] / own)
            if number:
                line |= _named(f"{clock}of ours", taken[:, number] / taken[:, 0])
        lines.append(line)
    return lines


def _named(name: str, ratios: Array) -> dict[str, float]:
    found, low, high = middle(ratios)
    return {name: found, f"{name}, low": low, f"{name}, high": high}
