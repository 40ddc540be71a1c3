"""One Shapley game per hidden unit: who plays it, what it costs, and its solution.

A unit's players are the inputs that reach it through live weights. For one sample and one
background row only those on which the two differ are left, and a rectified unit whose sign no
coalition changes is affine: its solution needs no enumeration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explainprune.analysis.attribution.games import shapley, subset_sums
from explainprune.network import Stack
from explainprune.types import Array

GAMES_AT_ONCE = 2**17
"""Coalition values held at once, per array: small enough for the processor's cache."""


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
    """

    column: Array
    weight: Array
    start: Array
    unit: Array
    player: Array
    slot: Array
    n_slots: int

    def deltas(self, difference: Array, n_units: int) -> Array:
        """Return what each link adds to its unit: (rows, inputs) → (rows, units, slots)."""
        padded = np.zeros((len(difference), n_units, self.n_slots))
        if self.start.size:
            terms = difference[:, self.column] * self.weight
            padded[:, self.unit, self.slot] = np.add.reduceat(terms, self.start, axis=1)
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
    return Links(column, weight, start, link_unit, link % n_players, slot, n_slots)


def solve_shallow(stack: Stack, x: Array, rows: Array, found: Links) -> Array:
    """Solve the games of a single hidden layer for paired rows.

    Parameters
    ----------
    stack : Stack
        Its first stage is the hidden layer.
    x, rows : ndarray (pairs, inputs)
        Samples and the background rows they are paired with.
    found : Links
        Of the first stage's kernel.

    Returns
    -------
    ndarray (pairs, units, slots)
    """
    stage = stack.stages[0]
    deltas = found.deltas(x - rows, len(stage.bias))
    start = rows @ stage.kernel + stage.bias
    solved = np.zeros_like(deltas)
    kind = _kinds(start, deltas, stage.is_relu)
    solved[kind == AFFINE] = deltas[kind == AFFINE]
    counts = np.where(kind == FREE, (deltas != 0).sum(axis=2), 0)
    assert stage.activation is not None
    for size in np.unique(counts[counts > 0]):
        pair, unit = np.nonzero(counts == size)
        step = max(1, GAMES_AT_ONCE >> int(size))
        for first in range(0, len(pair), step):
            at = pair[first : first + step], unit[first : first + step]
            slots = np.argsort(deltas[at] == 0, axis=1, kind="stable")[:, :size]
            played = np.take_along_axis(deltas[at], slots, axis=1)
            values = stage.activation(subset_sums(start[at], played.T))
            solved[at[0][:, None], at[1][:, None], slots] = shapley(values).T
    return solved


FREE, AFFINE, SILENT = 0, 1, -1


def _kinds(start: Array, deltas: Array, is_relu: bool) -> Array:
    """Tell which rectified units no coalition switches: always on (affine) or always off."""
    if not is_relu:
        return np.zeros(start.shape, dtype=int)
    lowest = start + np.minimum(deltas, 0).sum(axis=2)
    highest = start + np.maximum(deltas, 0).sum(axis=2)
    return np.where(highest <= 0, SILENT, np.where(lowest >= 0, AFFINE, FREE))


def shallow_costs(stack: Stack, x: Array, rows: Array, found: Links) -> Array:
    """Count the coalitions that `solve_shallow` would enumerate: (pairs, units)."""
    stage = stack.stages[0]
    deltas = found.deltas(x - rows, len(stage.bias))
    kind = _kinds(rows @ stage.kernel + stage.bias, deltas, stage.is_relu)
    return np.where(kind == FREE, 2.0 ** (deltas != 0).sum(axis=2), 1.0)


@dataclass(frozen=True)
class DeepUnit:
    """A last hidden unit and the part of the network that it reads.

    Attributes
    ----------
    columns : ndarray (inputs it reads,)
    players : ndarray of int
        Player of each of these columns, renumbered from 0.
    names : ndarray of int
        The players' own numbers.
    stack : Stack
        The live part of the network up to this unit; one output.
    """

    columns: Array
    players: Array
    names: Array
    stack: Stack


def deep_units(stack: Stack, players: Array) -> list[DeepUnit]:
    """Cut the network into the live parts that feed each of its last hidden units."""
    hidden = stack.stages[:-1]
    found = []
    for unit in range(len(hidden[-1].bias)):
        keep = np.array([unit])
        parts = []
        for stage in reversed(hidden):
            kernel, bias = stage.kernel[:, keep], stage.bias[keep]
            keep = np.nonzero(kernel.any(axis=1))[0]
            parts.append((kernel[keep], bias, stage))
        stages = [
            type(stage)(kernel, bias, stage.activation, stage.is_relu, stage.layer)
            for kernel, bias, stage in reversed(parts)
        ]
        names, renumbered = np.unique(players[keep], return_inverse=True)
        found.append(DeepUnit(keep, renumbered, names, Stack(tuple(stages))))
    return found


def solve_deep(unit: DeepUnit, x: Array, rows: Array) -> Array:
    """Solve one deep unit's game: (pairs, inputs) → (pairs, players of the unit)."""
    first, rest = unit.stack.stages[0], Stack(unit.stack.stages[1:])
    start = rows[:, unit.columns] @ first.kernel + first.bias
    difference = (x - rows)[:, unit.columns]
    n_players = len(unit.names)
    deltas = np.zeros((n_players, len(x), start.shape[1]))
    for player in range(n_players):
        mine = unit.players == player
        deltas[player] = difference[:, mine] @ first.kernel[mine]
    plays = np.stack([difference[:, unit.players == p].any(axis=1) for p in range(n_players)], 1)
    solved = np.zeros((len(x), n_players))
    counts = plays.sum(axis=1)
    assert first.activation is not None
    for size in np.unique(counts[counts > 0]):
        pairs = np.nonzero(counts == size)[0]
        step = max(1, GAMES_AT_ONCE // (2 ** int(size) * start.shape[1]))
        for begin in range(0, len(pairs), step):
            at = pairs[begin : begin + step]
            slots = np.argsort(~plays[at], axis=1, kind="stable")[:, :size]
            sums = subset_sums(start[at], deltas[slots.T, at[None]])
            values = rest.outputs(first.activation(sums))[..., 0]
            solved[at[:, None], slots] = shapley(values).T
    return solved


def deep_costs(unit: DeepUnit, x: Array, rows: Array) -> Array:
    """Count the coalitions that `solve_deep` would enumerate for each pair."""
    difference = (x - rows)[:, unit.columns]
    plays = [difference[:, unit.players == p].any(axis=1) for p in range(len(unit.names))]
    return 2.0 ** np.sum(plays, axis=0) if plays else np.ones(len(x))
