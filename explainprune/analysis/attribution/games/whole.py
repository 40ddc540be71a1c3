"""A network without known structure as one game of all players."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.games.enumeration import Solution, Worth, solve
from explainprune.analysis.attribution.sampling.coalition_values import rows_at_once
from explainprune.analysis.attribution.sampling.mixing import mixed
from explainprune.network import Network
from explainprune.types import Array


def enumerated(
    network: Network, x: Array, background: Array, players: Array, *, interactions: bool = False
) -> Solution:
    """Enumerate all coalitions, sample by sample, in blocks that fit into one call.

    Returns
    -------
    Solution
        Values (n, players, outputs), and interactions (n, players, players, outputs).
    """
    n_players = int(players.max()) + 1
    room = max(1, rows_at_once(network) // len(background))
    inner = min(n_players, room.bit_length() - 1)
    solutions = [
        solve(
            _worth(network, sample, background, players, inner),
            n_players,
            inner,
            interactions=interactions,
        )
        for sample in x
    ]
    values = np.stack([each.values for each in solutions])
    between = [each.interactions for each in solutions if each.interactions is not None]
    return Solution(values, np.stack(between) if between else None)


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
