"""Shapley values of many small games at once, each from all of its coalitions.

A coalition is a bit pattern: bit i is set where player i is in. Arrays of coalition values have
one row for each pattern, in counting order, and games side by side: whole rows are added at once.
"""

from __future__ import annotations

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


@cache
def _weights(players: int) -> tuple[Array, Array]:
    """Return, for each coalition size, the weight of joining it and of both sides together."""
    join = np.array([1 / (players * comb(players - 1, size)) for size in range(players)])
    join = np.append(join, 0.0)  # nobody is left to join the grand coalition
    both = join + np.append(0.0, join[:-1])
    sizes = np.zeros(1, dtype=np.int64)
    for _ in range(players):
        sizes = np.concatenate([sizes, sizes + 1])
    return both[sizes], join[sizes]


def shapley(values: Array) -> Array:
    r"""Return the exact Shapley values of games given by the values of all coalitions.

    .. math:: \phi_i = \sum_{S \not\ni i} \frac{|S|!\,(m-|S|-1)!}{m!}\,[v(S \cup i) - v(S)]

    With ``w(s) = s! (m − s − 1)! / m!`` the sum is ``Σ_{S ∋ i} (w(|S|−1) + w(|S|)) v(S) −
    Σ_S w(|S|) v(S)``, whose first part is read off for all players by folding the array in half
    m times: linear in the number of coalitions.

    Parameters
    ----------
    values : ndarray (2**m, games)

    Returns
    -------
    ndarray (m, games)

    References
    ----------
    Shapley, L. S. (1953). A value for n-person games.

    Examples
    --------
    >>> shapley(np.array([[0.0], [1.0], [2.0], [7.0]]))
    array([[3.],
           [4.]])
    """
    coalitions, games = values.shape
    players = coalitions.bit_length() - 1
    found = np.empty((players, games))
    if players == 0:
        return found
    both, join = _weights(players)
    leaving = join @ values
    folded = values * both[:, None]
    for player in reversed(range(players)):
        half = 2**player
        found[player] = folded[half:].sum(axis=0) - leaving
        folded = np.add(folded[:half], folded[half:], out=folded[:half])
    return found
