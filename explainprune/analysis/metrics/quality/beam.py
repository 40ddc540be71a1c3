"""The order of removal with the largest summed drop, by beam search over sets of players."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.quality.removal import Removal
from explainprune.types import Array


def best_order(game: Removal, samples: Array, width: int, sign: int) -> Array:
    """Return ``max Σ_i sign · (f(x) − f(first i players of an order removed))`` as found.

    Of all ways to remove one player more, the `width` with the largest sum so far are followed. Two
    orders that have removed the same set have the same future: only the better one is kept.

    Parameters
    ----------
    game : Removal
    samples : ndarray of int (m,)
    width : int
    sign : int
        1 looks for the largest sum, −1 for the smallest.

    Returns
    -------
    ndarray (m,)
        ``sign`` times the sum found; not below any single order followed, at most the optimum.
    """
    m, players = len(samples), game.n_players
    names = np.random.default_rng(0).integers(-(2**62), 2**62, size=players)
    removed = np.zeros((m, 1, players), dtype=bool)
    total, key = np.zeros((m, 1)), np.zeros((m, 1), dtype=np.int64)
    for left in range(players, 0, -1):
        # Each beam's remaining players: those not removed sort first.
        player = np.argsort(removed, axis=2, kind="stable")[:, :, :left]
        candidates = _with(removed, player)
        drop = game.drops(samples, candidates).reshape(player.shape)
        totals = (total[:, :, None] + sign * drop).reshape(m, -1)
        keys = (key[:, :, None] + names[player]).reshape(m, -1)
        totals = _unique(totals, keys)
        chosen = np.argsort(-totals, axis=1, kind="stable")[:, :width]
        removed = np.take_along_axis(candidates, chosen[:, :, None], axis=1)
        total = np.take_along_axis(totals, chosen, axis=1)
        key = np.take_along_axis(keys, chosen, axis=1)
    return np.asarray(sign * total.max(axis=1))


def _with(removed: Array, player: Array) -> Array:
    """Add each candidate player to its beam's set: (m, beams · left, players)."""
    m, beams, left = player.shape
    sets = np.repeat(removed[:, :, None, :], left, axis=2)
    np.put_along_axis(sets, player[:, :, :, None], True, axis=3)
    return sets.reshape(m, beams * left, -1)


def _unique(totals: Array, keys: Array) -> Array:
    """Set to −inf all but the best of those entries of a row that stand for the same set."""
    by_total = np.argsort(-totals, axis=1, kind="stable")
    by_key = np.argsort(np.take_along_axis(keys, by_total, axis=1), axis=1, kind="stable")
    order = np.take_along_axis(by_total, by_key, axis=1)
    ordered = np.take_along_axis(keys, order, axis=1)
    again = np.zeros(keys.shape, dtype=bool)
    np.put_along_axis(again, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    return np.where(again, -np.inf, totals)
