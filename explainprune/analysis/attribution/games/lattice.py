r"""Bounds of the Shapley values of rectified sums of any number of players, on a lattice of sums.

What each player adds is rounded to a step of the lattice, and what rounding leaves, e, is carried
on: with y the rounded sum of a coalition and g whether it is positive, the true worth lies between
:math:`\max(y, 0) + g e` (a tangent) and that plus W(y), where W is 0 unless all that is left by
rounding could carry the sum across 0: in few coalitions, and ever fewer as the step falls. Their
number doesn't matter: coalitions of one rounded sum are one.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from explainprune.analysis.attribution.games.halves import AT_ONCE, compiled
from explainprune.network.quadrature import gauss_legendre
from explainprune.network.scalars.functions import ROUNDING
from explainprune.types import Array

FIRST = 64
"""Steps that a lattice has at first."""
MOST = 2**14
"""Steps that it has at most: its tables take memory."""
PER_BOX = 2.0**15
"""Steps times players squared that take about as long as a box of coalitions."""
TINY = 1e-150
"""A chance far below rounding: numbers near the smallest there are would take long."""


class Lattices:
    """Rectified sums of as many players each, bounded on lattices that can be made finer.

    Attributes
    ----------
    game : ndarray of int (games,)
        One lattice each.
    cost : float
        What was spent so far, in boxes of coalitions.
    """

    def __init__(self, starts: Array, deltas: Array) -> None:
        self.starts, self.deltas = starts, np.ascontiguousarray(deltas.T)
        self.game = np.arange(len(starts))
        self.steps = np.full(len(starts), FIRST // 2)
        self.low, self.high = (np.zeros(self.deltas.shape) for _ in range(2))
        self.cost = 0.0
        self.split(self.game)

    @property
    def gaps(self) -> Array:
        """How far both ends are apart, added up over players; 0 where no lattice is finer."""
        return np.asarray(np.where(self.steps < MOST, (self.high - self.low).sum(axis=1), 0.0))

    def price(self, chosen: Array) -> Array:
        """Return what splitting costs, in boxes."""
        return np.asarray(2 * self.steps[chosen] * self.deltas.shape[1] ** 2 / PER_BOX)

    def split(self, chosen: Array) -> None:
        """Halve the step of some lattices."""
        self.cost += float(self.price(chosen).sum())
        self.steps[chosen] *= 2
        low, high = bounded(self.starts[chosen], self.deltas[chosen], self.steps[chosen])
        self.low[chosen], self.high[chosen] = low, high

    def ends(self) -> tuple[Array, Array]:
        """Return the lowest and the highest each value can be: (players, games) each."""
        return self.low.T, self.high.T


def bounded(starts: Array, deltas: Array, steps: Array) -> tuple[Array, Array]:
    r"""Bound the Shapley values of games ``v(S) = max(start + Σ_{i ∈ S} delta_i, 0)``.

    .. math:: \phi_i = \int_0^1 E\,[v(S_t \cup i) - v(S_t)]\, dt

    where each other player is in S_t with probability t. The integrand is a polynomial of degree
    n − 1, which Gauss–Legendre nodes integrate exactly; for each node the distribution of the
    sums of the first players meets the expectation over the others.

    Parameters
    ----------
    starts : ndarray (games,)
    deltas : ndarray (games, players)
    steps : ndarray of int (games,)
        Of each lattice, over all that sums can reach.

    Returns
    -------
    low, high : ndarray (games, players)
    """
    games, players = deltas.shape
    nodes, weights = gauss_legendre(players // 2 + 1)
    low, high = np.zeros((games, players)), np.zeros((games, players))
    parts = [slice(at, at + AT_ONCE) for at in range(0, games, AT_ONCE)]

    def one(part: slice) -> None:
        _solve(starts[part], deltas[part], steps[part], nodes, weights, low[part], high[part])

    with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1) or 1) as pool:
        list(pool.map(one, parts))
    size = np.abs(starts) + np.abs(deltas).sum(axis=1)
    rounded = (4 * ROUNDING * (steps + 4 * players + 64) * size)[:, None]
    return low - rounded, high + rounded


@compiled
def _solve(starts, deltas, steps, nodes, weights, low, high):  # type: ignore[no-untyped-def]
    """Bound games one after the other, into `low` and `high`."""
    for game in range(len(starts)):
        _one(starts[game], deltas[game], steps[game], nodes, weights, low[game], high[game])


@compiled
def _one(start, delta, steps, nodes, weights, low, high):  # type: ignore[no-untyped-def]
    """Bound one game."""
    players = len(delta)
    step = np.abs(delta).sum() / steps
    moved = np.zeros(players, np.int64)
    left = np.zeros(players)
    # Sums of the first k players lie between first[k] and last[k], in steps.
    first, last = np.zeros(players + 1, np.int64), np.zeros(players + 1, np.int64)
    for player in range(players):
        if step > 0:
            moved[player] = int(np.rint(delta[player] / step))
        left[player] = delta[player] - moved[player] * step
        first[player + 1] = first[player] + min(moved[player], 0)
        last[player + 1] = last[player] + max(moved[player], 0)
    zero, width = -first[players], last[players] - first[players] + 1
    up, down = np.maximum(left, 0.0).sum(), np.minimum(left, 0.0).sum()
    worth, slope = np.zeros((players + 1, width)), np.zeros((players + 1, width))
    wide = np.zeros((players + 1, width))
    for at in range(width):
        reached = start + (at - zero) * step
        worth[players, at] = max(reached, 0.0)
        slope[players, at] = 1.0 if reached > 0 else 0.0
        wide[players, at] = max(-down - reached, 0.0) if reached > 0 else max(up + reached, 0.0)
    for node in range(len(nodes)):
        t, weight = nodes[node], weights[node]
        for player in range(players - 1, -1, -1):
            by, rest = moved[player], left[player]
            for at in range(zero + first[player], zero + last[player] + 1):
                there = at + by
                worth[player, at] = (1 - t) * worth[player + 1, at] + t * (
                    worth[player + 1, there] + rest * slope[player + 1, there]
                )
                slope[player, at] = (1 - t) * slope[player + 1, at] + t * slope[player + 1, there]
                wide[player, at] = (1 - t) * wide[player + 1, at] + t * wide[player + 1, there]
                if slope[player, at] < TINY:
                    slope[player, at] = 0.0
                if wide[player, at] < TINY:
                    wide[player, at] = 0.0
                if abs(worth[player, at]) < TINY:
                    worth[player, at] = 0.0
        chance, carried = np.zeros(width), np.zeros(width)
        chance[zero] = 1.0
        for player in range(players):
            by, rest = moved[player], left[player]
            gained, joined, without = 0.0, 0.0, 0.0
            after, carried_after = np.zeros(width), np.zeros(width)
            for at in range(zero + first[player], zero + last[player] + 1):
                there = at + by
                here = chance[at]
                if here < TINY:
                    continue
                gained += here * (
                    worth[player + 1, there]
                    + rest * slope[player + 1, there]
                    - worth[player + 1, at]
                ) + carried[at] * (slope[player + 1, there] - slope[player + 1, at])
                joined += here * wide[player + 1, there]
                without += here * wide[player + 1, at]
                after[at] += (1 - t) * here
                after[there] += t * here
                carried_after[at] += (1 - t) * carried[at]
                carried_after[there] += t * (carried[at] + rest * here)
            low[player] += weight * (gained - without)
            high[player] += weight * (gained + joined)
            chance, carried = after, carried_after
