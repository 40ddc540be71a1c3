"""What each player adds to what a layer reads of the inputs themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explainprune.network.scalars.affine import INPUTS, Affine
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Links:
    """The players that act on each column of an affine function, through the inputs.

    Attributes
    ----------
    input, weight : ndarray (entries,)
        Live entries, sorted by column, then by player.
    start : ndarray of int (links,)
        Where each link begins among the entries.
    column, player : ndarray of int (links,)
        What each link joins, sorted by column, then by player.
    width : int
        Columns.
    """

    input: Array
    weight: Array
    start: Array
    column: Array
    player: Array
    width: int

    def changes(self, difference: Array) -> Array:
        """Return what each link adds: (inputs, pairs) → (links, pairs)."""
        terms = difference[self.input] * self.weight[:, None]
        if len(self.start) < len(self.input):  # players of several inputs
            terms = np.add.reduceat(terms, self.start, axis=0)
        return terms

    def by_column(self, values: Array) -> Array:
        """Add up over the links of each column: (links, pairs) → (width, pairs)."""
        found = np.zeros((self.width, values.shape[1]))
        if len(self.column):
            first = np.flatnonzero(np.r_[True, self.column[1:] != self.column[:-1]])
            found[self.column[first]] = np.add.reduceat(values, first, axis=0, dtype=np.float64)
        return found


def links_of(affine: Affine, players: Array) -> Links:
    """Find the links of an affine function for players given by input."""
    nothing = np.zeros(0, np.int64)
    part = affine.parts.get(INPUTS)
    if part is None:
        return Links(nothing, np.zeros(0), nothing, nothing, nothing, affine.width)
    n_players = int(players.max()) + 1
    column = np.repeat(np.arange(part.shape[1]), np.diff(part.indptr))
    key = column * n_players + players[part.indices]
    order = np.argsort(key, kind="stable")
    link, start = np.unique(key[order], return_index=True)
    inputs, weight = part.indices[order], part.data[order]
    return Links(inputs, weight, start, link // n_players, link % n_players, affine.width)
