"""Tighter ends of what a second layer reads, from lines around the rectifiers of the first.

Interval arithmetic lets each unit of the first layer be as large as it can, all at once. Units that
share inputs can't: between a line above and one below each rectifier, what the second layer reads
is a sum over players again, whose largest value every player decides alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from explainprune.network.scalars.affine import INPUTS, Affine, Sparse
from explainprune.network.scalars.elements import Ends, Unrolled
from explainprune.network.scalars.links import Links
from explainprune.types import Array

MOST_ENTRIES = 2_000_000
"""Weights times links of what they read beyond which intervals have to do."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """What a layer reads of a first layer of rectifiers, by player.

    Attributes
    ----------
    source : int
    column : ndarray of int (rows,)
        Of the layer's reads that each row of the matrices is about; ascending.
    rising, falling : csr_array (rows, links of the first layer)
        Positive and negative weights of each link, in the row of its player.
    up, down : csr_array (width, elements)
        Positive and negative weights, transposed.
    unit : ndarray of int (links of the first layer,)
        The column of the first layer's reads that each link acts on.
    """

    source: int
    column: Array
    rising: Sparse
    falling: Sparse
    up: Sparse
    down: Sparse
    unit: Array

    def ends(self, start: Array, first: Ends, starts: Array, changes: Array) -> Ends:
        """Bound what is read: (width, pairs) each.

        Parameters
        ----------
        start : ndarray (width, pairs)
            Bias.
        first : (ndarray, ndarray) (units, pairs)
            Ends of what the first layer reads.
        starts : ndarray (units, pairs)
            What it reads of the rows.
        changes : ndarray (links, pairs)
        """
        low, high = first
        turns, on = (low < 0) & (high > 0), (low >= 0).astype(np.float64)
        slope = np.divide(high, high - low, out=on.copy(), where=turns)
        under = np.where(turns, high > -low, on)
        chord = slope * (starts - np.where(turns, low, 0.0))
        line = under * starts
        above, below = slope[self.unit] * changes, under[self.unit] * changes
        least = start + self.up @ line + self.down @ chord
        most = start + self.up @ chord + self.down @ line
        least += self._by_column(np.minimum(self.rising @ below + self.falling @ above, 0.0))
        most += self._by_column(np.maximum(self.rising @ above + self.falling @ below, 0.0))
        return least, most

    def _by_column(self, values: Array) -> Array:
        found = np.zeros((self.up.shape[0], values.shape[1]))
        if len(values):
            first = np.flatnonzero(np.r_[True, self.column[1:] != self.column[:-1]])
            found[self.column[first]] = np.add.reduceat(values, first, axis=0)
        return found


def relaxed(network: Unrolled, affine: Affine, links: dict[int, Links]) -> Relaxed | None:
    """Prepare the lines of a layer that reads one first layer of rectifiers, and nothing else.

    Parameters
    ----------
    network : Unrolled
    affine : Affine
        What the layer reads.
    links : dict of int to Links
        Of layers that read the inputs alone and rectify, by number.

    Returns
    -------
    Relaxed or None
        None where it reads anything else, or too much.
    """
    if len(affine.parts) != 1:
        return None
    ((source, part),) = affine.parts.items()
    if source == INPUTS or source not in links:
        return None
    mine, groups = links[source], network.layers[source - 1].groups[:, 0]
    counts = np.bincount(mine.column, minlength=mine.width)
    firsts = np.cumsum(counts) - counts
    entries = sparse.coo_array(part)
    element, column = entries.coords
    if not np.array_equal(groups, np.arange(mine.width)):
        return None
    times = counts[element]
    if times.sum() > MOST_ENTRIES:
        return None
    which = np.repeat(np.arange(len(element)), times)
    within = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    link = firsts[element][which] + within
    key = column[which] * (int(mine.player.max(initial=0)) + 1) + mine.player[link]
    rows, row = np.unique(key, return_inverse=True)
    weight = entries.data[which]

    def of(values: Array) -> Sparse:
        found = sparse.csr_array((values, (row, link)), shape=(len(rows), len(mine.column)))
        found.eliminate_zeros()
        return found

    return Relaxed(
        source, rows // (int(mine.player.max(initial=0)) + 1), of(np.maximum(weight, 0.0)),
        of(np.minimum(weight, 0.0)), part.maximum(0.0).T.tocsr(), part.minimum(0.0).T.tocsr(),
        mine.column,
    )  # fmt: skip
