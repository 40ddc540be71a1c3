"""What a network says when players are replaced by a background row."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network import Network
from explainprune.types import Array

ROUNDING = 1e-5
"""Drops below this share of |f(x)| + |f(background)| are float32 rounding, not faithfulness."""


def places(order: Array) -> Array:
    """Return each player's place in its row, from 0: the largest first, ties as they stand."""
    return np.asarray(np.argsort(np.argsort(-order, axis=1, kind="stable"), axis=1))


class Removal:
    """The game of one network, some samples and one background row, evaluated in batches.

    Attributes
    ----------
    n, n_players : int
    full, empty : ndarray (n,)
        Explained output of each sample, with nothing removed and with everything.
    scale : ndarray (n,)
        ``|f(x)| + |f(background)|``: the size below which differences are rounding.
    """

    def __init__(
        self, network: Network, x: Any, background_row: Any, targets: Any, players: Any
    ) -> None:
        self.network = network
        self.x = np.asarray(x, dtype=np.float64)
        if self.x.ndim != 2:
            raise ValueError(f"Expected samples (n, features). Received: shape={self.x.shape}.")
        self.n, d = self.x.shape
        self.row = np.asarray(background_row, dtype=np.float64)
        if self.row.shape != (d,):
            raise ValueError(
                f"background_row is one row of {d} features. Received: shape={self.row.shape}."
            )
        self.targets = np.asarray(targets).reshape(-1)
        if self.targets.shape != (self.n,):
            raise ValueError(f"One target for each of {self.n} samples. Got {self.targets.shape}.")
        self.players = np.arange(d) if players is None else np.asarray(players)
        if self.players.shape != (d,):
            raise ValueError(
                f"players needs one entry for each of the {d} features. "
                f"Received: shape={self.players.shape}."
            )
        self.n_players = int(self.players.max()) + 1
        self.full = self._explained(self.x, np.arange(self.n))
        nothing = np.repeat(self.row[None], self.n, axis=0)
        self.empty = self._explained(nothing, np.arange(self.n))
        self.scale = np.abs(self.full) + np.abs(self.empty)

    def check_values(self, values: Any) -> Array:
        """Return `values` as float64, one for each sample and player."""
        given: Array = np.asarray(values, dtype=np.float64)
        if given.shape != (self.n, self.n_players):
            raise ValueError(
                f"values needs one entry for each of {self.n} samples and {self.n_players} "
                f"players. Received: shape={given.shape}."
            )
        return given

    def samples_per_block(self, subsets: int) -> int:
        """Say for how many samples `subsets` rows each fit into one call of the network."""
        return max(1, self.network.rows_per_call // max(1, subsets))

    def drops(self, samples: Array, removed: Array) -> Array:
        """Return ``f(x) − f(x with the removed players replaced)``.

        `samples` ``(m,)`` are row numbers, `removed` ``(m, s, players)`` is boolean; the result is
        ``(m, s)``.
        """
        m, s = removed.shape[:2]
        rows = np.where(removed[:, :, self.players], self.row, self.x[samples][:, None, :])
        outputs = self._explained(rows.reshape(m * s, -1), np.repeat(samples, s))
        return np.asarray(self.full[samples][:, None] - outputs.reshape(m, s))

    def _explained(self, rows: Array, samples: Array) -> Array:
        outputs = self.network.outputs(rows)
        return np.asarray(outputs[np.arange(len(rows)), self.targets[samples]], dtype=np.float64)
