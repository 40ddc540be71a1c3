"""Hard cases at the margin: rows that belong together, odd features, odd backgrounds, skewed D."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from calibrated.planted import (
    FEATURES,
    POOL,
    Linear,
    Pair,
    Relu,
    normal_rows,
    path_means,
    planted,
    standard,
    two,
)
from calibrated.rule import MARGIN, data_of, judged
from calibrated.store import Cell, Run

Array = Any


def at_margin(pair: Callable[[], Pair], rows: int, **options: Any) -> Run:
    """Judge fresh rows by a margin that is the truth."""

    def run(number: int) -> dict[str, float]:
        found = pair()
        x = found.rows(np.random.default_rng([number, rows]), rows)
        return judged(
            found, data_of(x, found.pool), margin=found.truth, seed=number, **options
        ).counts()

    return run


# Rows that count for more or less than one


def copied(number: int) -> dict[str, float]:
    """Judge 60 rows, each 20 times."""
    pair = standard("linear", MARGIN)
    x = np.repeat(pair.rows(np.random.default_rng(number), 60), 20, axis=0)
    return judged(pair, data_of(x, pair.pool), seed=number).counts()


def clustered(kind: str, clusters: int) -> Run:
    """Judge clusters of 40 rows that share a part of their features: ICC of D near .2."""
    shared = {"linear": 0.62, "relu": 0.4}[kind]

    def run(number: int) -> dict[str, float]:
        pair = standard(kind, MARGIN)
        rng = np.random.default_rng([number, clusters])
        centres = np.repeat(rng.normal(size=(clusters, FEATURES)), 40, axis=0)
        own = rng.normal(size=(40 * clusters, FEATURES))
        x = np.sqrt(shared) * centres + np.sqrt(1 - shared) * own
        groups = np.repeat(np.arange(clusters), 40)
        return judged(pair, data_of(x, pair.pool, clusters=groups), seed=number).counts()

    return run


@lru_cache(maxsize=2)
def _shifted(kind: str) -> Pair:
    """Plant a pair on rows whose first feature is .5 higher, as weights exp(x₀/2) make them."""

    def rows(rng: np.random.Generator, n: int) -> Array:
        x = rng.normal(size=(n, FEATURES))
        x[:, 0] += 0.5
        return x

    pool = np.random.default_rng(99).normal(size=(POOL, FEATURES))
    return planted(*two(kind), MARGIN, pool, rows)


def weighted(kind: str) -> Run:
    def run(number: int) -> dict[str, float]:
        pair = _shifted(kind)
        x = np.random.default_rng(number).normal(size=(300, FEATURES))
        return judged(
            pair, data_of(x, pair.pool, weights=np.exp(x[:, 0] / 2)), seed=number
        ).counts()

    return run


def heavy_weights(number: int) -> dict[str, float]:
    """Judge 300 rows by survey weights that differ by orders of magnitude: log-normal, sd 1.5."""
    pair = standard("linear", MARGIN)
    rng = np.random.default_rng(number)
    x = pair.rows(rng, 300)
    data = data_of(x, pair.pool, weights=np.exp(1.5 * rng.normal(size=300)))
    return judged(pair, data, seed=number).counts()


def uneven(number: int) -> dict[str, float]:
    """Judge 40 clusters, a few of which hold most rows: sizes are log-normal, sd of logs 1."""
    pair = standard("linear", MARGIN)
    rng = np.random.default_rng(number)
    sizes = np.ceil(20 * np.exp(rng.normal(size=40))).astype(int)
    centres = np.repeat(rng.normal(size=(40, FEATURES)), sizes, axis=0)
    x = np.sqrt(0.62) * centres + np.sqrt(0.38) * rng.normal(size=centres.shape)
    groups = np.repeat(np.arange(40), sizes)
    return judged(pair, data_of(x, pair.pool, clusters=groups), seed=number).counts()


# Populations that are unlike the normal distribution


@lru_cache(maxsize=16)
def heavy(kind: str, tail: str) -> Pair:
    """Background rows with heavy tails: Student's t with 2 degrees of freedom, or log-normal."""
    rng = np.random.default_rng(5)
    shape = (POOL, FEATURES)
    pool = rng.standard_t(2, shape) if tail == "t2" else np.exp(1.5 * rng.normal(size=shape)) - 1
    return planted(*two(kind), MARGIN, pool, normal_rows(FEATURES))


@lru_cache(maxsize=4)
def near(kind: str) -> Pair:
    """Rows close together, far less spread than the background: each background moves all alike."""
    pool = np.random.default_rng(99).normal(size=(POOL, FEATURES))
    centre = np.random.default_rng(3).normal(size=FEATURES)
    rows = lambda rng, n: centre + 0.2 * rng.normal(size=(n, FEATURES))  # noqa: E731
    return planted(*two(kind), MARGIN, pool, rows)


@lru_cache(maxsize=4)
def rarely(share: float) -> Pair:
    """The other network differs on a share of the rows only, where it differs by much."""
    from scipy.stats import norm

    pool = np.random.default_rng(99).normal(size=(POOL, FEATURES))
    plain, odd = Relu(1), Relu(1)
    gate = np.zeros((FEATURES, 1))
    gate[0] = 1.0
    odd.into = np.concatenate([plain.into, gate], axis=1)
    odd.bias = np.append(plain.bias, -norm.isf(share))
    odd.out = np.append(plain.out, 4.0)
    x = normal_rows(FEATURES)(np.random.default_rng(12345), 200_000)
    from explainprune.analysis.metrics.agreement.moved_weight import moved_weight

    truth = float(np.mean(moved_weight(plain.means(x, pool), odd.means(x, pool))))
    return planted(plain, odd, truth * 0.95, pool, normal_rows(FEATURES))


@lru_cache(maxsize=4)
def extreme(truth: float) -> Pair:
    """Moved weight near 0, or near its end."""
    pool = np.random.default_rng(99).normal(size=(POOL, FEATURES))
    first = Linear(np.linspace(1.5, 0.5, FEATURES))
    second = Linear(-first.weights) if truth > 0.5 else two("linear")[1]
    if truth > 0.5:
        second = Linear(-np.linspace(1.4, 0.6, FEATURES))
    return planted(first, second, truth, pool, normal_rows(FEATURES))


def tiny_pool(size: int, *, given: bool) -> Run:
    """Draw backgrounds of 20 rows from a pool of a few, without or with replacement."""

    @lru_cache(maxsize=1)
    def pair() -> Pair:
        pool = np.random.default_rng(7).normal(size=(size, FEATURES))
        return planted(*two("relu"), MARGIN, pool, normal_rows(FEATURES))

    def run(number: int) -> dict[str, float]:
        found = pair()
        x = found.rows(np.random.default_rng(number), 300)
        background = found.pool if given else 20
        return judged(found, data_of(x, found.pool), background=background, seed=number).counts()

    return run


# Explainers that draw at random, and growth


def noisy(network: Any, x: Array, background: Array, targets: Any, *, rng: Any) -> Any:
    """Add noise of a fifth of a row's mean value to each value: a sampled explainer."""
    found = path_means(network, x, background, targets)
    size = np.abs(found.values).mean(axis=1, keepdims=True)
    return replace(found, values=found.values + 0.5 * size * rng.normal(size=found.values.shape))


noisy.linear_in_background = True  # type: ignore[attr-defined]


def cells() -> Iterator[Cell]:
    """Yield hard cases, those that cost least first."""
    std = lambda kind, **size: lambda: standard(kind, MARGIN, **size)  # noqa: E731

    def cell(key: str, run: Run, runs: int = 200) -> Cell:
        return Cell("hard cases", key, run, runs)

    yield cell("60 rows, each 20 times", copied)
    for kind in ("linear", "relu"):
        for clusters in (10, 25, 50, 100):
            key = f"{clusters} clusters of 40 rows, {kind}"
            yield cell(key, clustered(kind, clusters), 200 if kind == "linear" else 100)
        yield cell(f"weights that follow a feature, {kind}", weighted(kind))
    yield cell("300 rows of very uneven weights, linear", heavy_weights)
    yield cell("40 clusters of very uneven sizes, linear", uneven)
    for features in (2, 3, 4, 6):
        key = f"{features} features, linear, 200 rows"
        yield cell(key, at_margin(std("linear", features=features), 200))
    for rows in (25, 30):
        yield cell(f"{rows} rows, linear", at_margin(std("linear"), rows))
    yield cell("background=5, raised to 20", at_margin(std("linear"), 300, background=5))
    yield cell("two backgrounds", at_margin(std("linear"), 300, backgrounds=2))
    for tail in ("t2", "log-normal"):
        for rows in (100, 1000):
            key = f"background rows of heavy tails ({tail}), {rows} rows"
            yield cell(key, at_margin(lambda tail=tail: heavy("linear", tail), rows))
    for kind in ("linear", "relu"):
        yield cell(f"rows close together, {kind}", at_margin(lambda kind=kind: near(kind), 300))
    for truth in (0.01, 0.9):
        key = f"true D and margin {truth:g}, 300 rows"
        yield cell(key, at_margin(lambda truth=truth: extreme(truth), 300))
    for share in (0.05, 0.2):
        for rows in (100, 300, 1000):
            key = f"change on {100 * share:.0f} % of the rows only, {rows} rows"
            yield cell(key, at_margin(lambda share=share: rarely(share), rows), 100)
        key = f"change on {100 * share:.0f} % of the rows only, 300 rows, 200 background rows"
        run = at_margin(lambda share=share: rarely(share), 300, background=200)
        yield cell(key, run, 100)
    yield cell("pool of 25 rows, drawn from without replacement", tiny_pool(25, given=False))
    yield cell("pool of 25 rows, given", tiny_pool(25, given=True))
    yield cell("pool of 10 rows", tiny_pool(10, given=False), 50)
    for effort in (1, 50_000, 1_000_000):
        key = f"effort {effort:,}, noisy explainer, 100 rows"
        yield Cell("growth", key, at_margin(std("linear"), 100, effort=effort, method=noisy))
        key = f"effort {effort:,}, 60 rows close together"
        run = at_margin(lambda: near("relu"), 60, effort=effort)
        yield Cell("growth", key, run, 100)
