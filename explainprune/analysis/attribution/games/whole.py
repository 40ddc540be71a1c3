"""A network without known structure as one game of all players."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.games.enumeration import Solution, Worth, solve
from explainprune.analysis.attribution.reading.players import moving
from explainprune.analysis.attribution.sampling.coalition_values import rows_at_once
from explainprune.analysis.attribution.sampling.mixing import mixed
from explainprune.network import Network
from explainprune.types import Array


def enumerated(
    network: Network, x: Array, background: Array, players: Array, *, interactions: bool = False
) -> Solution:
    """Enumerate all coalitions, sample by sample, in blocks that fit into one call.

    Players who are as in all background rows are left out: they get 0.

    Returns
    -------
    Solution
        Values (n, players, outputs), and interactions (n, players, players, outputs).
    """
    moves = moving(x, background, players)
    n, count = moves.shape
    values = np.zeros((n, count, network.n_outputs))
    between = np.zeros((n, count, count, network.n_outputs)) if interactions else None
    room = max(1, rows_at_once(network) // len(background)).bit_length() - 1
    for number, sample in enumerate(x):
        kept = np.flatnonzero(moves[number])
        if not len(kept):
            continue
        # The others are in every coalition, or in none: it is the same.
        own = np.searchsorted(kept, players).clip(0, len(kept) - 1)
        inner = min(len(kept), room)
        worth = _worth(network, sample, background, own, inner)
        found = solve(worth, len(kept), inner, interactions=interactions)
        values[number, kept] = found.values
        if between is not None and found.interactions is not None:
            between[number][np.ix_(kept, kept)] = found.interactions
    return Solution(values, between)


def _worth(network: Network, sample: Array, background: Array, players: Array, inner: int) -> Worth:
    """Return what a block's coalitions are worth: the mean output over background rows."""
    bits = np.arange(int(players.max()) + 1)

    def worth(block: int) -> Array:
        coalitions = (block << inner) + np.arange(2**inner)
        present = (coalitions[:, None] >> bits & 1).astype(bool)[:, players]
        rows = mixed(present[:, None], sample, background).reshape(-1, len(sample))
        found = network.outputs(rows).reshape(len(present), len(background), -1)
        return np.asarray(found.mean(axis=1, dtype=np.float64))

    return worth
