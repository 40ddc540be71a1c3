"""Pairs whose moved weight is known, because the networks are formulas.

The other network is a mixture of the dense one and a second: the share of the second is chosen so
that the true moved weight is what was asked for. Path integrals of these networks have a closed
form, so a background of 1,500 rows costs no more than a table; they are averages over background
rows, like those of every method of the package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.gradient_input import gradient_input
from explainprune.analysis.metrics.agreement.moved_weight import moved_weight
from explainprune.network import FormulaNetwork

Array = Any
FEATURES, HIDDEN, POOL = 8, 16, 2000
TRUTH_ROWS = 200_000
GRID = np.linspace(-7, 7, 71)


class Linear:
    """w · x: the path integral from b is w (x − b)."""

    def __init__(self, weights: Array) -> None:
        self.weights = np.asarray(weights, float)

    def outputs(self, x: Array) -> Array:
        return x @ self.weights

    def gradient(self, x: Array) -> Array:
        return np.broadcast_to(self.weights, x.shape)

    def means(self, x: Array, background: Array) -> Array:
        """Return path integrals, averaged over background rows."""
        return self.weights * (x - background.mean(axis=0))


class Relu:
    """One hidden layer. On the way from b to x, unit h is on for a share of
    (max(z, 0) − max(z_b, 0)) / (z − z_b), which depends on x through z alone: it is averaged over
    the background at the points of a grid, and read off between them."""  # fmt: skip

    def __init__(self, seed: int, features: int = FEATURES, hidden: int = HIDDEN) -> None:
        rng = np.random.default_rng(seed)
        self.into = rng.normal(size=(features, hidden)) * np.sqrt(2 / features)
        self.bias = 0.5 * rng.normal(size=hidden)
        self.out = rng.normal(size=hidden) / np.sqrt(hidden)

    def outputs(self, x: Array) -> Array:
        return np.maximum(x @ self.into + self.bias, 0) @ self.out

    def gradient(self, x: Array) -> Array:
        return ((x @ self.into + self.bias > 0) * self.out) @ self.into.T

    def means(self, x: Array, background: Array) -> Array:
        """Return path integrals, averaged over background rows."""
        inside, outside = x @ self.into + self.bias, background @ self.into + self.bias
        found = np.zeros_like(x)
        for h, weight in enumerate(self.out):
            off = GRID[:, None] - outside[:, h]
            on = (np.maximum(GRID, 0)[:, None] - np.maximum(outside[:, h], 0)) / np.where(
                np.abs(off) < 1e-9, 1, off
            )
            table = np.column_stack([on.mean(axis=1), on @ background / len(background)])
            place = np.clip((inside[:, h] - GRID[0]) / (GRID[1] - GRID[0]), 0, len(GRID) - 1.001)
            low = place.astype(int)
            read = table[low] + (place - low)[:, None] * (table[low + 1] - table[low])
            found += weight * self.into[:, h] * (x * read[:, :1] - read[:, 1:])
        return found


@dataclass(frozen=True, eq=False)
class Network(FormulaNetwork):
    """A formula with its own closed-form explanation."""

    means: Callable[[Array, Array], Array] | None = None


def path_means(network: Any, x: Array, background: Array, targets: Array | None) -> Explained:
    """Explain a formula by its closed form: the method that these experiments pass."""
    if not hasattr(network, "means"):  # the networks that `compare` draws at random
        return gradient_input(network, x, background, targets)
    values = network.means(x, background)
    base = np.full(len(x), network.outputs(background).mean())
    return Explained(values, base)


path_means.linear_in_background = True  # type: ignore[attr-defined]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two networks, the rows that backgrounds are drawn from, and how rows come about.

    `rows(rng, n)` draws from the population; `truth` is the moved weight over that population,
    with all rows of the pool as background.
    """

    dense: Network
    other: Network
    pool: Array
    rows: Callable[[np.random.Generator, int], Array]
    truth: float


def normal_rows(features: int) -> Callable[[np.random.Generator, int], Array]:
    return lambda rng, n: rng.normal(size=(n, features))


def mixed(first: Any, second: Any, share: float, features: int) -> Network:
    """Return (1 − share) · first + share · second."""
    read = lru_cache(maxsize=16)(lambda x, b: _both(first, second, x, b, features))

    def means(x: Array, background: Array) -> Array:
        ours, theirs = read(x.tobytes(), background.tobytes())
        return (1 - share) * ours + share * theirs

    return Network(
        lambda x: (1 - share) * first.outputs(x) + share * second.outputs(x),
        features,
        gradient=lambda x: (1 - share) * first.gradient(x) + share * second.gradient(x),
        means=means,
    )


def _both(first: Any, second: Any, x: bytes, background: bytes, features: int) -> Any:
    rows, reference = (np.frombuffer(part).reshape(-1, features) for part in (x, background))
    return first.means(rows, reference), second.means(rows, reference)


def network_of(formula: Any, features: int) -> Network:
    return Network(formula.outputs, features, gradient=formula.gradient, means=formula.means)


def planted(first: Any, second: Any, truth: float, pool: Array, rows: Any) -> Pair:
    """Mix the second network into the first until so much of the reasons' weight has moved."""
    features = pool.shape[1]
    x = rows(np.random.default_rng(12345), TRUTH_ROWS)
    ours, theirs = first.means(x, pool), second.means(x, pool)

    def moved(share: float) -> float:
        return float(np.nanmean(moved_weight(ours, (1 - share) * ours + share * theirs)))

    low, high = 0.0, 1.0
    for _ in range(30):
        share = (low + high) / 2
        low, high = (share, high) if moved(share) < truth else (low, share)
    if abs(moved(share) - truth) > 1e-5:
        raise ValueError(f"The second network moves {moved(1.0):.3f} only, not {truth}.")
    other = mixed(first, second, share, features)
    return Pair(network_of(first, features), other, pool, rows, truth)


@lru_cache(maxsize=64)
def standard(kind: str, truth: float, features: int = FEATURES, pool: int = POOL) -> Pair:
    """Return the usual pair of a kind: normal rows and background."""
    reference = np.random.default_rng(99).normal(size=(pool, features))
    return planted(*two(kind, features), truth, reference, normal_rows(features))


def two(kind: str, features: int = FEATURES) -> tuple[Any, Any]:
    """Return two unlike networks of a kind."""
    if kind == "relu":
        return Relu(1, features), Relu(2, features)
    ours = np.linspace(1.5, 0.5, features)
    theirs = ours * np.where(np.arange(features) % 2, -1, 1)
    return Linear(ours), Linear(theirs)
