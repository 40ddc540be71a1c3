"""Weighted coalitions for Shapley regressions, always together with their complements."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, islice
from math import comb

import numpy as np

from explainprune.types import Array

Share = Callable[[Array, int], Array]
"""``(sizes, players) → share of the draws`` that coalitions of each size should get."""


def paired_coalitions(
    players: int, count: int, share: Share, rng: np.random.Generator
) -> tuple[Array, Array]:
    r"""Draw about `count` coalitions and their weights in the Shapley regression.

    Shapley values are the solution of a least-squares problem over all coalitions S, with weight
    :math:`w(S) = 1 / \left( \binom{P}{|S|} |S| (P - |S|) \right)`. Sizes whose share of the draws
    covers all their coalitions are enumerated, the others sampled; a sampled coalition has its
    weight divided by the share of its size that was drawn.

    Parameters
    ----------
    players, count : int
    share : callable
        How often each size is wanted, up to a factor.
    rng : numpy.random.Generator

    Returns
    -------
    masks : ndarray of bool (m, players)
        Neither empty nor full; row 2j + 1 is the complement of row 2j.
    weights : ndarray (m,)
    """
    sizes = np.arange(1, players // 2 + 1)
    # A coalition of half the players is paired with one of the same size.
    available = np.array([_pairs(players, int(size)) for size in sizes], dtype=np.float64)
    wanted = _allocate(
        share(sizes, players) * np.where(2 * sizes == players, 0.5, 1.0), available, count / 2
    )
    drawn = _rounded(wanted, available, rng)
    masks, weights = [], []
    for size, pairs, expected, total in zip(sizes, drawn, wanted, available, strict=True):
        picked = _subsets(players, int(size), int(pairs), total, rng)
        # Of all coalitions of a size together: the number of them cancels, which may be huge.
        weight = (0.5 if 2 * size == players else 1.0) / (size * (players - size))
        masks.append(picked)
        weights.append(np.full(len(picked), weight / expected))
    half = np.concatenate([np.empty((0, players), dtype=bool), *masks])
    both = np.stack([half, ~half], axis=1).reshape(-1, players)
    return both, np.repeat(np.concatenate([np.empty(0), *weights]), 2)


def _pairs(players: int, size: int) -> float:
    """Count pairs of a coalition of `size` and its complement, up to a number never drawn."""
    return min(comb(players, size) // (2 if 2 * size == players else 1), 2**60)


def _allocate(shares: Array, available: Array, budget: float) -> Array:
    """Split `budget` pairs by `shares`, never more than a size has; the rest goes to others."""
    if budget >= available.sum():
        return available
    wanted = np.zeros(len(shares))
    open_ = np.ones(len(shares), dtype=bool)
    while open_.any():
        wanted[open_] = budget * shares[open_] / shares[open_].sum()
        full = open_ & (wanted >= available)
        if not full.any():
            break
        wanted[full] = available[full]
        open_ &= ~full
        budget -= float(available[full].sum())
    return np.minimum(wanted, available)


def _rounded(wanted: Array, available: Array, rng: np.random.Generator) -> Array:
    """Round to whole numbers with the right expectation and (nearly) the same total."""
    partial = np.where(wanted < available, wanted, 0.0)
    edges = np.floor(np.concatenate([[0.0], np.cumsum(partial)]) + rng.random())
    whole: Array = np.where(wanted < available, np.diff(edges), available).astype(np.int64)
    return whole


def _subsets(players: int, size: int, pairs: int, total: float, rng: np.random.Generator) -> Array:
    """Draw `pairs` subsets of `size`, without replacement where there are few."""
    masks = np.zeros((pairs, players), dtype=bool)
    if total <= 4 * pairs:
        # Of two complementary halves, the first in this order is kept: it holds player 0.
        every = np.array(list(islice(combinations(range(players), size), int(total))))
        members = every if pairs == total else every[rng.choice(len(every), pairs, replace=False)]
    else:
        members = rng.random((pairs, players)).argsort(axis=1)[:, :size]
    np.put_along_axis(masks, members.reshape(pairs, size), True, axis=1)
    return masks
