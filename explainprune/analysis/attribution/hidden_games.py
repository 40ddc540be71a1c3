"""The explained outputs as weighted sums of hidden units' games."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune import network as networks
from explainprune.analysis.attribution.shallow_games import (
    Links,
    links,
    shallow_costs,
    shallow_values,
)
from explainprune.analysis.attribution.unit_games import (
    DeepUnit,
    deep_costs,
    deep_units,
    solve_deep,
)
from explainprune.network import Network, Stack, chunks
from explainprune.types import Array

PAIRS_AT_ONCE = 2**22
"""Entries of the arrays that hold one number for each pair, unit and player."""


@dataclass(frozen=True)
class HiddenGames:
    """A network whose outputs are affine in its last hidden units, ready to be solved.

    Attributes
    ----------
    stack : Stack
    players : ndarray of int (inputs,)
    found : Links or None
        For one hidden layer: all units are solved side by side.
    deep : tuple of DeepUnit
        For several hidden layers: one part of the network for each last hidden unit.
    """

    stack: Stack
    players: Array
    found: Links | None
    deep: tuple[DeepUnit, ...]

    @property
    def head(self) -> Array:
        """Weights from the last hidden units to the outputs: (units, outputs)."""
        kernel: Array = self.stack.stages[-1].kernel
        return kernel

    @property
    def n_players(self) -> int:
        """How many players there are."""
        return int(self.players.max()) + 1

    @property
    def layer(self) -> str:
        """Name of the last hidden layer."""
        return self.stack.stages[-2].layer if len(self.stack.stages) > 1 else ""

    def values(self, x: Array, background: Array) -> Array:
        """Return Shapley values, mean over background rows: (n, players, outputs)."""
        if self.found is not None:
            return shallow_values(self.stack, x, background, self.found, self.n_players)
        found = np.empty((len(x), self.n_players, self.head.shape[1]))
        for part in self._chunks(x, background):
            samples, rows = _pairs(x[part], background)
            solved = self._solved(samples, rows)
            mean = solved.reshape(-1, len(background), *solved.shape[1:]).mean(axis=1)
            found[part] = mean @ self.head
        return found

    def costs(self, x: Array, background: Array) -> Array:
        """Return the coalitions each unit enumerates, mean over all pairs: (units,)."""
        if len(self.stack.stages) == 1:
            return np.zeros(0)
        if self.found is not None:
            return shallow_costs(self.stack, x, background, self.found)
        total = np.zeros(self.head.shape[0])
        for part in self._chunks(x, background):
            samples, rows = _pairs(x[part], background)
            total += [deep_costs(unit, samples, rows).sum() for unit in self.deep]
        return np.asarray(total / (len(x) * len(background)))

    def _solved(self, x: Array, rows: Array) -> Array:
        """Return each unit's Shapley values for paired rows: (pairs, players, units)."""
        if len(self.stack.stages) == 1:  # the outputs are affine in the inputs themselves
            return _joined(x - rows, self.players, self.n_players)
        solved = np.zeros((len(x), self.n_players, self.head.shape[0]))
        for index, unit in enumerate(self.deep):
            solved[:, unit.names, index] = solve_deep(unit, x, rows)
        return solved

    def _chunks(self, x: Array, background: Array) -> Any:
        each = len(background) * self.n_players * max(1, self.head.shape[0])
        return chunks(len(x), each, PAIRS_AT_ONCE)


def _joined(difference: Array, players: Array, n_players: int) -> Array:
    """Spread inputs over (players, inputs), so that the head adds each player's columns up."""
    spread = np.zeros((len(difference), n_players, difference.shape[1]))
    spread[:, players, np.arange(difference.shape[1])] = difference
    return spread


def _pairs(x: Array, background: Array) -> tuple[Array, Array]:
    """Pair every sample with every background row, samples slowest."""
    return np.repeat(x, len(background), axis=0), np.tile(background, (len(x), 1))


def hidden_games(network: Network, players: Array) -> HiddenGames:
    """Read the games of a network that is a stack of Dense and element-wise layers.

    Raises
    ------
    ValueError
        Saying what keeps the network from being one.
    """
    model = getattr(network, "model", None)
    if model is None:
        raise ValueError(f"a {type(network).__name__} has no layers to look at")
    stack = networks.dense_stack(model, network.output_kind)  # type: ignore[attr-defined]
    stages = len(stack.stages)
    found = links(stack.stages[0].kernel, players) if stages == 2 else None
    deep = tuple(deep_units(stack, players)) if stages > 2 else ()
    return HiddenGames(stack, players, found, deep)
