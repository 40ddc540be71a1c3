"""Shapley values of many small games at once, each from all of its coalitions.

A coalition is a bit pattern: bit i is set where player i is in. Arrays of coalition values have
one row for each pattern, in counting order, and games side by side: whole rows are added at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import comb

import numpy as np

from explainprune.types import Array


def subset_sums(start: Array, deltas: Array) -> Array:
    """Return ``start + Σ_{i ∈ S} deltas_i`` for every subset S of the players.

    Parameters
    ----------
    start : ndarray (...)
    deltas : ndarray (players, ...)

    Returns
    -------
    ndarray (2**players, ...)

    Examples
    --------
    >>> subset_sums(np.array(1.0), np.array([10.0, 100.0]))
    array([  1.,  11., 101., 111.])
    """
    players = len(deltas)
    sums = np.empty((2**players, *start.shape), dtype=np.result_type(start, deltas))
    sums[0] = start
    for player in range(players):
        half = 2**player
        np.add(sums[:half], deltas[player], out=sums[half : 2 * half])
    return sums


Worth = Callable[[int], Array]
"""From the upper bits of coalitions to what they are worth: (2**inner, ...), by their lower bits.

What it returns may be written to."""


@dataclass(frozen=True, eq=False)
class Solution:
    """The values of some games, side by side.

    Attributes
    ----------
    values : ndarray (players, ...)
    interactions : ndarray (players, players, ...) or None
        Shapley interaction index of each pair; 0 on the diagonal.
    """

    values: Array
    interactions: Array | None = None


def solve(worth: Worth, players: int, inner: int, *, interactions: bool = False) -> Solution:
    r"""Return exact Shapley values, and interactions, from the worth of all coalitions.

    .. math::
        \phi_i = \sum_{S \not\ni i} \frac{|S|!\,(m-|S|-1)!}{m!}\,[v(S \cup i) - v(S)]

        I_{ij} = \sum_{S \not\ni i, j} \frac{|S|!\,(m-|S|-2)!}{(m-1)!}\,
        [v(S \cup ij) - v(S \cup i) - v(S \cup j) + v(S)]

    With ``w(s) = s! (m − s − 1)! / m!`` the first sum is ``Σ_{S ∋ i} (w(|S|−1) + w(|S|)) v(S) −
    Σ_S w(|S|) v(S)``, whose first part is read off for all players by folding the array in half
    m times: linear in the number of coalitions. So is the second sum, for all pairs. Coalitions
    come in blocks that share their upper bits, so that memory doesn't grow with their number.

    Parameters
    ----------
    worth : callable
    players : int
        m.
    inner : int
        Players whose coalitions a block holds, at most m; the upper bits are the others'.
    interactions : bool

    References
    ----------
    Shapley, L. S. (1953). A value for n-person games. Grabisch, M. and Roubens, M. (1999). An
    axiomatic approach to the concept of interaction among players in cooperative games.

    Examples
    --------
    >>> solve(lambda block: np.array([[0.0], [1.0], [2.0], [7.0]]), 2, 2).values
    array([[3.],
           [4.]])
    """
    sizes = _sizes(inner)
    joins = _factors(players, 1)
    single = Sums(players, _both(joins))
    leaving: Array | float = 0.0
    pairwise = Pairwise(players) if interactions else None
    for block in range(2 ** (players - inner)):
        found = worth(block)
        size = sizes + block.bit_count()
        leaving = leaving + _weighted(joins[size], found)
        if pairwise is not None:
            pairwise.add(found, size, block, inner)
        single.add(found, size, block, inner)
    return Solution(single.total - leaving, None if pairwise is None else pairwise.interactions())


class Sums:
    """Weighted sums over the coalitions that hold a player, for each player.

    Attributes
    ----------
    total : ndarray (players, ...)
    """

    total: Array

    def __init__(self, players: int, weights: Array) -> None:
        self._players = players
        self._weights = weights

    def add(self, found: Array, size: Array, block: int, inner: int) -> None:
        """Add a block's coalitions, whose sizes are `size`."""
        if not hasattr(self, "total"):
            self.total = np.zeros((self._players, *found.shape[1:]))
        folded = found * self._weights[size].reshape(-1, *[1] * (found.ndim - 1))
        everything = _fold(folded, self.total[:inner])
        for player in members(block, inner):
            self.total[player] += everything


class Pairwise:
    """What the interactions of all pairs are made of."""

    def __init__(self, players: int) -> None:
        self._players = players
        self._apart = _factors(players, 2)
        one = _both(self._apart)
        self._single = Sums(players, one)
        self._weights = _both(one)
        self._none: Array | float = 0.0
        self._both: Array | None = None

    def add(self, found: Array, size: Array, block: int, inner: int) -> None:
        """Add a block's coalitions."""
        self._none = self._none + _weighted(self._apart[size], found)
        self._single.add(found, size, block, inner)
        if self._both is None:
            self._both = np.zeros((self._players, self._players, *found.shape[1:]))
        outer = members(block, inner)
        folded = found * self._weights[size].reshape(-1, *[1] * (found.ndim - 1))
        # As `_fold`, but the half that holds a player is folded once more for all below him: what
        # is found there are the coalitions that hold both.
        for player in reversed(range(inner)):
            half = 2**player
            upper = folded[half:].copy()
            folded = folded[:half] + folded[half:]
            everything = _fold(upper, self._both[player, :player])
            self._both[player, outer] += everything
        for first, player in enumerate(outer):
            self._both[player, outer[:first]] += folded[0]

    def interactions(self) -> Array:
        """Put the sums together, both ways round."""
        assert self._both is not None
        both = self._both + self._both.swapaxes(0, 1)
        found = both + self._none - self._single.total[:, None] - self._single.total[None]
        found[np.arange(self._players), np.arange(self._players)] = 0.0
        return np.asarray(found)


def _weighted(weights: Array, found: Array) -> Array:
    """Return the weighted sum over coalitions."""
    flat = weights @ found.reshape(len(found), -1)
    return np.asarray(flat.reshape(found.shape[1:]))


def _fold(values: Array, into: Array) -> Array:
    """Add to each player what its coalitions sum up to; return the sum of all. Overwrites."""
    # Bit p of a coalition's index says whether player p is in: the upper half has the last player.
    # Adding the halves up forgets him, and leaves the same array for one player fewer.
    for player in reversed(range(len(into))):
        half = 2**player
        into[player] += values[half:].sum(axis=0)
        values = np.add(values[:half], values[half:], out=values[:half])
    return np.asarray(values[0])


def members(block: int, inner: int) -> list[int]:
    """Return the players that a block's upper bits stand for."""
    return [inner + bit for bit in range(block.bit_length()) if block >> bit & 1]


@cache
def _sizes(players: int) -> Array:
    """Return the size of every coalition."""
    sizes = np.zeros(1, dtype=np.int64)
    for _ in range(players):
        sizes = np.concatenate([sizes, sizes + 1])
    return sizes


@cache
def _factors(players: int, joining: int) -> Array:
    """Return the weight of a coalition that `joining` players join, by its size; 0 if they can't.

    ``s! (m − s − j)! / (m − j + 1)!``, that is ``1 / ((m − j + 1) C(m − j, s))``.
    """
    found = np.zeros(players + 1)
    others = players - joining
    for size in range(others + 1):
        found[size] = 1 / ((others + 1) * comb(others, size))
    return found


def _both(factors: Array) -> Array:
    """Return the factor of a coalition and of the one that a player left to make it, added up."""
    return np.asarray(factors + np.append(0.0, factors[:-1]))


def shapley(values: Array) -> Array:
    """Return the Shapley values of games given by the worth of all coalitions: see `solve`.

    Parameters
    ----------
    values : ndarray (2**m, games)

    Returns
    -------
    ndarray (m, games)
    """
    players = len(values).bit_length() - 1
    return solve(lambda block: values, players, players).values
