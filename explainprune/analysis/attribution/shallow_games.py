"""The games of a single hidden layer: all units, pairs and outputs side by side.

A unit's players are the inputs that reach it through live weights. For one sample and one
background row only those on which the two differ are left, and a rectified unit whose sign no
coalition changes is affine: its solution needs no enumeration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explainprune.analysis.attribution.games import shapley, subset_sums
from explainprune.network import Stack, Stage, chunks
from explainprune.types import Array

GAMES_AT_ONCE = 2**17
"""Coalition values held at once, per array: small enough for the processor's cache."""

LINKS_AT_ONCE = 2**22
"""Entries of the arrays that hold one number for each pair and link."""

FREE, AFFINE, SILENT = 0, 1, -1


@dataclass(frozen=True)
class Links:
    """Which player reaches which unit through which columns of a kernel.

    Attributes
    ----------
    column, weight : ndarray (entries,)
        Live kernel entries, sorted by unit, then by player.
    start : ndarray (links,)
        Where each link begins among the entries.
    unit, player, slot : ndarray (links,)
        What each link joins, and its place among its unit's links.
    shape : tuple of int
        Slots and units.
    """

    column: Array
    weight: Array
    start: Array
    unit: Array
    player: Array
    slot: Array
    shape: tuple[int, int]

    def deltas(self, difference: Array) -> Array:
        """Return what each link adds to its unit: (rows, inputs) → (slots, units, rows)."""
        padded = np.zeros((*self.shape, len(difference)))
        if self.start.size:
            terms = difference.T[self.column] * self.weight[:, None]
            if self.start.size < self.column.size:  # players of several columns
                terms = np.add.reduceat(terms, self.start, axis=0)
            padded[self.slot, self.unit] = terms
        return padded


def links(kernel: Array, players: Array) -> Links:
    """Find the links of a kernel (inputs, units) for players given by input column."""
    column, unit = np.nonzero(kernel)
    n_players = int(players.max()) + 1
    key = unit * n_players + players[column]
    order = np.argsort(key, kind="stable")
    column, unit, key = column[order], unit[order], key[order]
    link, start = np.unique(key, return_index=True)
    link_unit = link // n_players
    slot = np.arange(link.size) - np.searchsorted(link_unit, link_unit, side="left")
    n_slots = int(slot.max()) + 1 if slot.size else 0
    weight = kernel[column, unit]
    shape = (n_slots, kernel.shape[1])
    return Links(column, weight, start, link_unit, link % n_players, slot, shape)


def shallow_values(
    stack: Stack, x: Array, background: Array, found: Links, n_players: int
) -> Array:
    """Return Shapley values, mean over background rows, for all outputs.

    Parameters
    ----------
    stack : Stack
        A hidden layer and the outputs.
    x : ndarray (n, inputs)
    background : ndarray (b, inputs)
    found : Links
        Of the hidden layer's kernel.
    n_players : int

    Returns
    -------
    ndarray (n, players, outputs)
    """
    stage, head = stack.stages
    sums = np.zeros((len(x), *found.shape))
    for part, rows, start, deltas in _parts(stage, x, background, found):
        solved = _solved(stage, start, deltas)
        sums[part] += solved.reshape(*found.shape, -1, rows).sum(axis=3).transpose(2, 0, 1)
    values = np.empty((len(x), n_players, head.kernel.shape[1]))
    for part in chunks(len(x), n_players * found.shape[1], LINKS_AT_ONCE):
        spread = np.zeros((len(x[part]), n_players, found.shape[1]))
        spread[:, found.player, found.unit] = sums[part][:, found.slot, found.unit]
        values[part] = spread @ head.kernel
    return values / len(background)


def shallow_costs(stack: Stack, x: Array, background: Array, found: Links) -> Array:
    """Count the coalitions that `shallow_values` would enumerate, mean over pairs: (units,)."""
    total = np.zeros(found.shape[1])
    for _, _, start, deltas in _parts(stack.stages[0], x, background, found):
        free = _kinds(start, deltas, stack.stages[0].is_relu) == FREE
        total += np.where(free, 2.0 ** (deltas != 0).sum(axis=0), 1.0).sum(axis=1)
    return total / (len(x) * len(background))


def _parts(
    stage: Stage, x: Array, background: Array, found: Links
) -> Iterator[tuple[slice, int, Array, Array]]:
    """Yield pairs, samples slowest, a few at a time, so that memory is bounded.

    Each part is: which samples, with how many background rows, where their units start
    (units, pairs), and what each link adds (slots, units, pairs).
    """
    starts = background @ stage.kernel + stage.bias
    each = max(1, found.shape[0] * found.shape[1])
    for rows in chunks(len(background), each, LINKS_AT_ONCE):
        reference, start = background[rows], starts[rows].T
        for part in chunks(len(x), each * len(reference), LINKS_AT_ONCE):
            difference = (x[part][:, None] - reference).reshape(-1, x.shape[1])
            samples = len(difference) // len(reference)
            yield part, len(reference), np.tile(start, samples), found.deltas(difference)


def _solved(stage: Stage, start: Array, deltas: Array) -> Array:
    """Solve one game for each unit and pair: (slots, units, pairs), as `deltas`."""
    kind = _kinds(start, deltas, stage.is_relu)
    solved = np.where(kind == AFFINE, deltas, 0.0)
    free = kind == FREE
    solved[:, free] = _enumerated(stage, start[free], deltas[:, free])
    return solved


def _kinds(start: Array, deltas: Array, is_relu: bool) -> Array:
    """Tell which rectified units no coalition switches: always on (affine) or always off."""
    if not is_relu:
        return np.zeros(start.shape, dtype=int)
    lowest = start + np.minimum(deltas, 0).sum(axis=0)
    highest = start + np.maximum(deltas, 0).sum(axis=0)
    return np.where(highest <= 0, SILENT, np.where(lowest >= 0, AFFINE, FREE))


def _enumerated(stage: Stage, start: Array, deltas: Array) -> Array:
    """Solve games side by side, those with equally many players at once: (slots, games)."""
    assert stage.activation is not None
    solved = np.zeros_like(deltas)
    plays = deltas.T != 0
    counts = plays.sum(axis=1)
    slot, first = np.nonzero(plays)[1], np.cumsum(counts) - counts
    for size in np.unique(counts[counts > 0]):
        games = np.flatnonzero(counts == size)
        for part in chunks(len(games), 2 ** int(size), GAMES_AT_ONCE):
            at = games[part]
            slots = slot[first[at] + np.arange(size)[:, None]]
            values = stage.activation(subset_sums(start[at], deltas[slots, at]))
            solved[slots, at] = shapley(values)
    return solved
