"""Weighted coalitions for Shapley regressions, always together with their complements."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, islice
from math import comb

import numpy as np

from explainprune.types import Array

Share = Callable[[Array, int], Array]
"""``(sizes, players) → share of the draws`` that coalitions of each size should get."""


class Coalitions:
    r"""Coalitions for several draws together: those that all draws share, and those of each.

    Shapley values are the solution of a least-squares problem over all coalitions S, with weight
    :math:`w(S) = 1 / \left( \binom{P}{|S|} |S| (P - |S|) \right)`. Sizes that the draws together
    cover are taken whole, once for all of them; of the others every draw samples its own, each
    with its weight divided by the share of its size that a draw takes.

    Parameters
    ----------
    players : int
    count : int
        Coalitions of one draw, about.
    share : callable
        How often each size is wanted, up to a factor.
    draws : int
    """

    def __init__(self, players: int, count: int, share: Share, draws: int = 1) -> None:
        self._players = players
        self._sizes = np.arange(1, players // 2 + 1)
        # A coalition of half the players is paired with one of the same size.
        self._halved = np.where(2 * self._sizes == players, 0.5, 1.0)
        pairs = [_pairs(players, int(size)) for size in self._sizes]
        self._available = np.array(pairs, dtype=np.float64)
        wanted = _allocate(
            share(self._sizes, players) * self._halved, self._available, draws * count / 2
        )
        self._whole = wanted >= self._available
        self._wanted = np.where(self._whole, 0.0, wanted / draws)

    def shared(self) -> tuple[Array, Array]:
        """Return all coalitions of the sizes that are taken whole, and their weights."""
        return self._laid_out(np.where(self._whole, self._available, 0.0), None)

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw coalitions of the other sizes.

        Returns
        -------
        masks : ndarray of bool (m, players)
            Neither empty nor full; row 2j + 1 is the complement of row 2j.
        weights : ndarray (m,)
        """
        return self._laid_out(self._wanted, rng)

    def _laid_out(self, wanted: Array, rng: np.random.Generator | None) -> tuple[Array, Array]:
        """Return as many pairs of each size as are wanted: all of them where nothing is drawn."""
        drawn = wanted.astype(np.int64) if rng is None else _rounded(wanted, rng)
        masks, weights = [np.empty((0, self._players), dtype=bool)], [np.empty(0)]
        for place in np.flatnonzero(drawn):
            size, total = int(self._sizes[place]), self._available[place]
            picked = _subsets(self._players, size, int(drawn[place]), total, rng)
            # Of all coalitions of a size together: the number of them cancels, which may be huge.
            weight = self._halved[place] / (size * (self._players - size))
            masks.append(picked)
            weights.append(np.full(len(picked), weight / wanted[place]))
        half = np.concatenate(masks)
        both = np.stack([half, ~half], axis=1).reshape(-1, self._players)
        return both, np.repeat(np.concatenate(weights), 2)


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


def _rounded(wanted: Array, rng: np.random.Generator) -> Array:
    """Round to whole numbers with the right expectation and (nearly) the same total."""
    edges = np.floor(np.concatenate([[0.0], np.cumsum(wanted)]) + rng.random())
    whole: Array = np.diff(edges).astype(np.int64)
    return whole


def _subsets(
    players: int, size: int, pairs: int, total: float, rng: np.random.Generator | None
) -> Array:
    """Draw `pairs` subsets of `size`, without replacement where there are few; else list all."""
    masks = np.zeros((pairs, players), dtype=bool)
    if rng is None or total <= 4 * pairs:
        # Of two complementary halves, the first in this order is kept: it holds player 0.
        every = np.array(list(islice(combinations(range(players), size), int(total))))
        members = every if rng is None else every[rng.choice(len(every), pairs, replace=False)]
    else:
        members = rng.random((pairs, players)).argsort(axis=1)[:, :size]
    np.put_along_axis(masks, members.reshape(pairs, size), True, axis=1)
    return masks
