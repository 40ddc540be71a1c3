"""Shapley values of rectified affine sums, in about n · 2^(n/2) steps instead of 2^n.

The players are split into two halves. What a coalition T of one half adds together with all
coalitions U of the other is a sum over those U whose sum exceeds −sum(T). Once both lists of sums
are sorted, that set only grows as sum(T) does: one walk along both lists serves all T.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from math import comb
from typing import Any

import numba
import numpy as np

from explainprune.types import Array

AT_ONCE = 256
"""Games that a thread takes at a time."""

Sums = tuple[Array, Array, Array]
"""Sums of all subsets, ascending; who is in, as bits; and how many."""


def compiled(function: Callable[..., Any]) -> Any:
    """Compile loops; what was compiled is kept for the next process where there is room for it."""
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder to keep it in
        return numba.njit(nogil=True)(function)


def of_rectifiers(starts: Array, deltas: Array) -> Array:
    r"""Return the Shapley values of games ``v(S) = max(start + Σ_{i ∈ S} delta_i, 0)``.

    .. math::
        \phi_i = \sum_{S \ni i} c_{|S|}\, v(S) - \sum_S q_{|S|}\, v(S), \qquad
        c_s = \frac{(s-1)!\,(n-s)!}{n!} + q_s, \quad q_s = \frac{s!\,(n-s-1)!}{n!}

    For T in one half, :math:`\sum_U c_{|T|+|U|}\, v(T \cup U)` needs, for each size of T, the
    weights c of those U with sum(U) > −start − sum(T), and c times their sums. The second sum is
    the same for all players, and follows from theirs: values add up to v(all) − v(none).

    Parameters
    ----------
    starts : ndarray (games,)
    deltas : ndarray (players, games)

    Returns
    -------
    ndarray (players, games)

    References
    ----------
    Horowitz and Sahni (1974), doi:10.1145/321812.321823: subset sums by two sorted halves.
    """
    players, games = deltas.shape
    factors = _factors(players)
    given, found = np.ascontiguousarray(deltas.T), np.zeros((games, players))
    parts = [slice(at, at + AT_ONCE) for at in range(0, games, AT_ONCE)]

    def one(part: slice) -> None:
        _solve(starts[part], given[part], factors, found[part])

    with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1)) as pool:
        list(pool.map(one, parts))
    values: Array = found.T
    return values


def interactions_of_rectifiers(starts: Array, deltas: Array) -> Array:
    r"""Return the Shapley interaction index of each pair of players in such games.

    .. math:: I_{ij} = \phi_i(v_{+j}) - \phi_i(v_{-j})

    where j is in every coalition of the others' game, or in none: 2 n games of n − 1 players, each
    a rectified sum again.

    Parameters
    ----------
    starts : ndarray (games,)
    deltas : ndarray (players, games)

    Returns
    -------
    ndarray (players, players, games)
        0 on the diagonal.
    """
    players, games = deltas.shape
    found = np.zeros((players, players, games))
    everyone = np.arange(players)
    for player in everyone if players > 1 else ():
        others = everyone[everyone != player]
        with_and_without = np.concatenate([starts + deltas[player], starts])
        values = of_rectifiers(with_and_without, np.tile(deltas[others], 2))
        found[player, others] = values[:, :games] - values[:, games:]
    return np.asarray((found + found.swapaxes(0, 1)) / 2)  # equal but for rounding


@cache
def _factors(players: int) -> Array:
    """Return c_s for s = 0 … players."""
    sizes = range(players + 1)
    alone = [1 / (players * comb(players - 1, s - 1)) if s else 0.0 for s in sizes]
    left = [1 / (players * comb(players - 1, s)) if s < players else 0.0 for s in sizes]
    return np.asarray(np.array(alone) + np.array(left))


@compiled
def _subset_sums(deltas: Array) -> Sums:
    """Merge the sums without each player with those with them."""
    count = 2 ** len(deltas)
    sums, members, sizes = np.zeros(count), np.zeros(count, np.int64), np.zeros(count, np.int64)
    known = 1
    for player in range(len(deltas)):
        # Those without the player and those with are both sorted: merged from the top, in place.
        without = having = known - 1
        for at in range(2 * known - 1, -1, -1):
            joined = sums[having] + deltas[player] if having >= 0 else -np.inf
            if without >= 0 and (having < 0 or sums[without] >= joined):
                sums[at], members[at], sizes[at] = sums[without], members[without], sizes[without]
                without -= 1
            else:
                sums[at], sizes[at] = joined, sizes[having] + 1
                members[at] = members[having] | (1 << player)
                having -= 1
        known *= 2
    return sums, members, sizes


@compiled
def _walk(start: float, mine: Sums, others: Sums, factors: Array) -> Array:
    """Return, by the bits of each T of `mine`, ``Σ_U c_{|T|+|U|} v(T ∪ U)`` over the others."""
    sums, members, sizes = mine
    other_sums, _, other_sizes = others
    most = sizes.max()
    weight, weighted = np.zeros(most + 1), np.zeros(most + 1)
    found = np.empty(len(sums))
    at = len(other_sums) - 1
    for index in range(len(sums)):
        reached = start + sums[index]
        while at >= 0 and reached + other_sums[at] > 0:
            for size in range(most + 1):
                factor = factors[size + other_sizes[at]]
                weight[size] += factor
                weighted[size] += factor * other_sums[at]
            at -= 1
        found[members[index]] = reached * weight[sizes[index]] + weighted[sizes[index]]
    return found


@compiled
def _fold(values: Array, into: Array) -> None:
    """Add to each player the sum over the coalitions that hold them. Overwrites `values`."""
    # Adding the half with the last player to the half without forgets them.
    half = len(values)
    for player in range(len(into) - 1, -1, -1):
        half //= 2
        for at in range(half):
            into[player] += values[half + at]
            values[at] += values[half + at]


@compiled
def _solve(starts: Array, deltas: Array, factors: Array, found: Array) -> None:
    """Solve games one after the other: deltas (games, players), into `found`."""
    players = deltas.shape[1]
    first = players // 2
    for game in range(len(starts)):
        start, delta = starts[game], deltas[game]
        left, right = _subset_sums(delta[:first]), _subset_sums(delta[first:])
        _fold(_walk(start, left, right, factors), found[game, :first])
        _fold(_walk(start, right, left, factors), found[game, first:])
        moved = max(start + delta.sum(), 0.0) - max(start, 0.0)
        found[game] -= (found[game].sum() - moved) / players
