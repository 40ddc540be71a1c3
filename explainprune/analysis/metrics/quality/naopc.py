"""Normalised area over the perturbation curve: faithfulness that a model's scale can't move."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.quality.removal import ROUNDING, Removal, places
from explainprune.network import Network
from explainprune.types import Array, metric


@metric(
    "number",
    "NAOPC",
    "faithfulness on centred logits, normalised per model",
    better="more",
    bounds=(0.0, 1.0),
)
def naopc(
    network: Network,
    x: Array,
    values: Array,
    background_row: Array,
    targets: Array,
    *,
    players: Array | None = None,
    width: int = 5,
) -> Array:
    """Return how well the order of `values` finds what the output rests on, from 0 to 1.

    ``(AOPC − L) / (U − L)``. ``AOPC = (1/P) Σ_{i=1..P} f(x) − f(x with the i leading players
    replaced)``, leading by signed value; U and L are its largest and smallest value over all orders
    of removal, found for this sample and this model by beam search (and never inside of what this
    order itself reaches).

    Parameters
    ----------
    network, x, values, background_row, targets, players
        As for `insertion`.
    width : int
        Orders followed at once. The work is 2·width·p²/2 + p rows for each sample.

    Returns
    -------
    ndarray (n,)
        In [0, 1]; ½ is what order at random gives on average where drops add up. NaN where U = L up
        to rounding, or where all values are 0 and so give no order.

    Raises
    ------
    ValueError
        If shapes don't fit each other or `width` is below 1.

    Notes
    -----
    Edin et al. 2025, arXiv:2408.08137.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: x @ np.array([4.0, 2.0, -1.0]), 3)
    >>> values = np.array([[4.0, 2.0, -1.0], [-4.0, -2.0, 1.0]])
    >>> naopc(network, np.ones((2, 3)), values, np.zeros(3), np.zeros(2, int))
    array([1., 0.])
    """
    if width < 1:
        raise ValueError(f"width counts the orders followed: at least 1. Received: {width}.")
    game = Removal(network, x, background_row, targets, players)
    values = game.check_values(values)
    result = np.full(game.n, np.nan)
    block = game.samples_per_block(width * game.n_players)
    for start in range(0, game.n, block):
        samples = np.arange(start, min(start + block, game.n))
        result[samples] = _normalised(game, samples, values[samples], width)
    return result


def _normalised(game: Removal, samples: Array, values: Array, width: int) -> Array:
    own = _summed_drop(game, samples, values)
    high = np.maximum(best_order(game, samples, width, 1), own)
    low = np.minimum(best_order(game, samples, width, -1), own)
    spread = high - low
    decided = spread > ROUNDING * game.n_players * game.scale[samples]
    decided &= (values != 0).any(axis=1)
    undefined = np.full(len(samples), np.nan)
    return np.asarray(np.divide(own - low, spread, out=undefined, where=decided))


def _summed_drop(game: Removal, samples: Array, values: Array) -> Array:
    """Sum the drops along the order of `values`, largest first."""
    removed = places(values)[:, None, :] <= np.arange(game.n_players)[None, :, None]
    return np.asarray(game.drops(samples, removed).sum(axis=1))


def best_order(game: Removal, samples: Array, width: int, sign: int) -> Array:
    """Search sets of players for the order of removal with the largest summed drop.

    ``max Σ_i sign · (f(x) − f(first i players of an order removed))`` as found.

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
