"""Between which values elements lie over all coalitions of a sample and a background row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explainprune.network.scalars.affine import INPUTS, Affine, Sparse
from explainprune.network.scalars.elements import Ends, UnitLayer, Unrolled
from explainprune.network.scalars.links import Links, links_of
from explainprune.network.scalars.relaxed import Relaxed
from explainprune.types import Array

FREE, ON, OFF = 0, 1, -1
"""What a group is for a pair: a game of its own; a rectifier that always passes; nothing."""


@dataclass(frozen=True, eq=False)
class Read:
    """What a layer reads, ready for interval arithmetic.

    Attributes
    ----------
    affine : Affine
    links : Links
    rising, falling : dict of int to csr_array
        Positive and negative entries of each other part, transposed.
    relaxed : Relaxed or None
        Of a layer that reads one first layer of rectifiers: ends that are tighter.
    """

    affine: Affine
    links: Links
    rising: dict[int, Sparse]
    falling: dict[int, Sparse]
    relaxed: Relaxed | None = None

    def start(self, rows: Array) -> Array:
        """Return the bias and what background rows add to it: (inputs, pairs) → (width, pairs)."""
        bias = np.repeat(self.affine.bias[:, None], rows.shape[1], axis=1)
        part = self.affine.parts.get(INPUTS)
        return bias if part is None else bias + part.T @ rows

    def ends(self, start: Array, changes: Array, known: dict[int, Ends]) -> Ends:
        """Bound what is read: each player is as in the sample, or as in the row."""
        low = start + self.links.by_column(np.minimum(changes, 0.0))
        high = start + self.links.by_column(np.maximum(changes, 0.0))
        for source, rising in self.rising.items():
            (least, most), falling = known[source], self.falling[source]
            low += rising @ least + falling @ most
            high += rising @ most + falling @ least
        return low, high


def read_of(affine: Affine, players: Array, lines: Relaxed | None = None) -> Read:
    """Split the matrices of an affine function by sign."""
    rising, falling = {}, {}
    for source, part in affine.parts.items():
        if source != INPUTS:
            # Copies: before SciPy 1.16 the three shared where their columns begin.
            rising[source], falling[source] = part.maximum(0.0).T.copy(), part.minimum(0.0).T.copy()
            for each in (rising[source], falling[source]):
                each.eliminate_zeros()  # so that an endless bound meets no zero
    return Read(affine, links_of(affine, players), rising, falling, lines)


@dataclass(frozen=True, eq=False)
class Moves:
    """How far the layers of a network can move, for some pairs.

    Attributes
    ----------
    starts : list of ndarray (width, pairs)
        What each layer reads of the background rows, bias included.
    changes : list of ndarray (links, pairs)
        What each link of each layer adds to it.
    kinds : list of ndarray (groups, pairs)
        What each group is: a rectified element whose sign no coalition changes is ON or OFF; what
        isn't rectified, or not known, is FREE.
    """

    starts: list[Array]
    changes: list[Array]
    kinds: list[Array]


def moves(network: Unrolled, reads: tuple[Read, ...], x: Array, rows: Array) -> Moves:
    """Bound all layers for paired samples and rows, (inputs, pairs) each."""
    known: dict[int, Ends] = {}
    before: list[Ends | None] = []
    found = Moves([], [], [])
    rectified = [layer.function.rectified for layer in network.layers]
    for index, (layer, read) in enumerate(zip(network.layers, reads, strict=True)):
        found.starts.append(read.start(rows))
        found.changes.append(read.links.changes(x - rows))
        kind = np.full((len(layer.groups), x.shape[1]), FREE, np.int8)
        ends = None
        if any(rectified[index:]):
            ends = read.ends(found.starts[-1], found.changes[-1], known)
            if read.relaxed is not None:
                ends = _tighter(ends, read.relaxed, found, before)
            if rectified[index]:
                low, high = (end[layer.groups[:, 0]] for end in ends)
                kind[low >= 0], kind[high <= 0] = ON, OFF
            if any(rectified[index + 1 :]):
                known[index + 1] = _made(layer, ends)
        before.append(ends)
        found.kinds.append(kind)
    return found


def _tighter(ends: Ends, lines: Relaxed, found: Moves, before: list[Ends | None]) -> Ends:
    """Take the tighter of two pairs of ends: intervals, and lines around the first layer."""
    at, first = lines.source - 1, before[lines.source - 1]
    assert first is not None
    low, high = lines.ends(found.starts[-1], first, found.starts[at], found.changes[at])
    return np.maximum(ends[0], low), np.minimum(ends[1], high)


def _made(layer: UnitLayer, ends: Ends) -> Ends:
    """Bound what a layer outputs."""
    shape = layer.width, ends[0].shape[1]
    if layer.function.bounds is None:
        return np.full(shape, -np.inf), np.full(shape, np.inf)
    low, high = (end[layer.groups].transpose(0, 2, 1) for end in ends)
    made = layer.function.bounds(low, high)
    return (made[0].transpose(0, 2, 1).reshape(shape), made[1].transpose(0, 2, 1).reshape(shape))
