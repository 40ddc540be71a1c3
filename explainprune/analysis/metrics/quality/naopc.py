"""Normalised area over the perturbation curve: faithfulness that a model's scale can't move."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.quality.beam import best_order
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
    network : Network
        Explain centred logits: AOPC of probabilities follows confidence.
    x : ndarray (n, d)
    values : ndarray (n, p)
        One value for each player (each feature where `players` is None).
    background_row : ndarray (d,)
        What a removed feature is replaced by.
    targets : ndarray of int (n,)
    players : ndarray of int (d,), optional
        The player of each feature, from 0.
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
