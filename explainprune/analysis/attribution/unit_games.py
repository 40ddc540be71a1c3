"""One Shapley game per unit of the last of several hidden layers.

A unit's players are the inputs that reach it through live weights. For one sample and one
background row only those on which the two differ are left.
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
