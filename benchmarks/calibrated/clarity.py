"""*Clearer?*: what is said where nothing, or just the margin, lies between two models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

import explainprune as xp
from calibrated.planted import FEATURES, Linear, Pair, Relu, network_of, normal_rows, standard
from calibrated.rule import explained
from calibrated.store import Cell, Run
from explainprune.analysis.comparison.agreements import measure
from explainprune.analysis.comparison.judging import _ratio
from explainprune.analysis.metrics.derived import log_ratio
from explainprune.analysis.verdict import clearer

Array = Any
CLARITY = 0.05


def label_of(pair: Pair, rows: int, number: int) -> dict[str, float]:
    """Judge by the rule of `compare`; conditions, which only withhold labels, are left out."""
    x = pair.rows(np.random.default_rng([number, rows]), rows)
    case, look, _ = explained(pair, x, seed=number)
    said = xp.METRICS["effective_features"]
    each = [said(met.values) for met in (look.dense, look.other)]
    ratio = _ratio(
        measure(log_ratio(FEATURES), np.log(each[1]) - np.log(each[0]), case.units, seed=number)
    )
    before, after = (
        measure(case.settings.said["effective_features"], values, case.units, seed=number)
        for values in each
    )
    found = clearer(ratio, before, after, margin=CLARITY)
    return {name: float(found.label == name) for name in ("clearer", "same", "less clear")} | {
        "ratio": float(ratio.value or 0.0)
    }


@lru_cache(maxsize=4)
def sharpened(target: float) -> Pair:
    """Raise linear weights to a power until effective features have fallen to the target ratio."""
    pool = standard("linear", 0.15).pool
    rows = normal_rows(FEATURES)
    x = rows(np.random.default_rng(12345), 200_000)
    first = Linear(np.linspace(1.5, 0.5, FEATURES) ** 2)
    effective = xp.METRICS["effective_features"]
    base = np.log(effective(first.means(x, pool))).mean()
    low, high = 0.0, 6.0
    for _ in range(30):
        power = (low + high) / 2
        ratio = np.exp(np.log(effective(Linear(first.weights**power).means(x, pool))).mean() - base)
        low, high = (power, high) if ratio > target else (low, power)
    if abs(ratio - target) > 1e-4:
        raise ValueError(f"No power gives the ratio {target}: {ratio:.4f}.")
    other = Linear(first.weights**power)
    return Pair(network_of(first, FEATURES), network_of(other, FEATURES), pool, rows, target)


def at_margin(target: float, rows: int) -> Run:
    return lambda number: label_of(sharpened(target), rows, number)


def twins(number: int) -> dict[str, float]:
    """Judge two networks of one shape that differ by their random weights alone."""
    pool = standard("linear", 0.15).pool
    nets = [network_of(Relu(1000 + 2 * number + k), FEATURES) for k in range(2)]
    return label_of(Pair(*nets, pool, normal_rows(FEATURES), 0.0), 300, number)


def cells() -> Iterator[Cell]:
    """Yield the margin on either side, then twins."""
    for words, target in (("1 / 1.05", 1 / 1.05), ("1.05", 1.05), ("0.98", 0.98)):
        for rows in (100, 1000):
            yield Cell("clarity", f"true ratio {words}, {rows} rows", at_margin(target, rows))
    yield Cell("clarity", "twins of random weights, 300 rows", twins, 100)
