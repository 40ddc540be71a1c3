"""Procedures: seeds are the unit, few of them, and moved weight is skewed from seed to seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from calibrated.rule import MARGIN
from calibrated.store import Cell, Run
from explainprune.analysis.intervals import skewed_mean
from explainprune.analysis.verdict import same_reasons
from explainprune.types import Measure

Array = Any
SEEDS = (6, 8, 12, 20)
RUNS = 2000


def interval_of(values: Array) -> Measure:
    """Return the interval over seeds that studies use."""
    return skewed_mean(values)


def normal(rng: np.random.Generator, n: int) -> Array:
    return MARGIN + 0.03 * rng.normal(size=n)


def log_normal(spread: float) -> Callable[[np.random.Generator, int], Array]:
    return lambda rng, n: MARGIN * np.exp(spread * rng.normal(size=n) - spread**2 / 2)


def logit_normal(rng: np.random.Generator, n: int) -> Array:
    """Sd 1.0 on the logit scale, mean .15 (centre −1.9989, by quadrature)."""
    return 1 / (1 + np.exp(-(_centre() + rng.normal(size=n))))


def _centre() -> float:
    from scipy.optimize import brentq

    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    return float(brentq(lambda c: weights @ (1 / (1 + np.exp(-(c + nodes)))) - MARGIN, -5, 0))


def collapsing(rng: np.random.Generator, n: int) -> Array:
    """One seed in ten moves .6, the others .10."""
    return np.where(rng.random(n) < 0.1, 0.6, 0.1) + 0.01 * rng.normal(size=n)


SHAPES: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "normal": normal,
    "log-normal, sd of logs 0.5": log_normal(0.5),
    "log-normal, sd of logs 1.0": log_normal(1.0),
    "logit-normal, sd of logits 1.0": logit_normal,
    "one seed in ten collapses": collapsing,
}


def run_of(shape: str, seeds: int) -> Run:
    def run(number: int) -> dict[str, float]:
        values = SHAPES[shape](np.random.default_rng([number, seeds]), seeds)
        found = same_reasons(interval_of(values), margin=MARGIN, scope="procedure")
        return {
            "preserved": float(found.label == "preserved"),
            "changed": float(found.label == "changed"),
        }

    return run


def cells() -> Iterator[Cell]:
    """Yield each shape with each number of seeds."""
    for shape in SHAPES:
        for seeds in SEEDS:
            yield Cell("procedure", f"{shape}, {seeds} seeds", run_of(shape, seeds), RUNS)
