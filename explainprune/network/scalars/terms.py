"""The explained outputs as a weighted sum of games, one for each group that isn't affine.

The outputs are affine in the elements they read; by linearity their Shapley values are the
weighted sum of those elements' games. For one sample and one background row a rectifier whose sign
no coalition changes is affine or nothing: its weight then passes on to what it reads, whose games
are smaller.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explainprune.network.protocol import chunks
from explainprune.network.scalars.affine import INPUTS, of_inputs
from explainprune.network.scalars.bounds import FREE, OFF, ON, Moves, Read, moves, read_of
from explainprune.network.scalars.elements import UnitLayer, Unrolled
from explainprune.network.scalars.links import Links
from explainprune.network.scalars.reach import Reach, pattern, players_reaching
from explainprune.network.scalars.relaxed import relaxed
from explainprune.types import Array

MOST_BY_HALVES = 44
"""Players of a game whose halves' sums fit into memory: half a gigabyte."""

NUMBERS_AT_ONCE = 2**22
"""Size of the arrays that hold one number for each pair and link, or pair, element and output."""


@dataclass(frozen=True, eq=False)
class Terms:
    """A network taken apart for some players.

    Attributes
    ----------
    network : Unrolled
    players : ndarray of int (n_inputs,)
    reach : tuple of csr_array (groups, players)
        For each layer: who reaches each group. Its entries are called links.
    reads : tuple of Read
    interactions : bool
        Whether those are wanted of each pair, too: what games cost depends on it.
    """

    network: Unrolled
    players: Array
    reach: tuple[Reach, ...]
    reads: tuple[Read, ...]
    interactions: bool = False

    @property
    def n_players(self) -> int:
        """How many players there are."""
        return int(self.players.max()) + 1

    @property
    def n_outputs(self) -> int:
        """How many outputs are explained."""
        return self.network.output.width

    def shallow(self, layer: int) -> bool:
        """Tell whether a layer, counted from 0, is element-wise and reads the inputs alone."""
        units = self.network.layers[layer]
        return units.single and units.made == 1 and set(units.reads.parts) <= {INPUTS}

    def halved(self, layer: int) -> bool:
        """Tell whether games of a layer are rectified sums of what their players add."""
        units = self.network.layers[layer]
        return units.function.rectified and self.shallow(layer)

    def price(self, players: Array, halved: Array | bool) -> Array:
        """Return what games of so many players cost."""
        return steps(players, halved, interactions=self.interactions)

    def of_players(self, unequal: Array) -> Array:
        """Tell which players differ, from the inputs that do: (inputs, pairs) → (players, pairs).

        As numbers, to be counted.
        """
        order = np.argsort(self.players, kind="stable")
        first = np.searchsorted(self.players[order], np.arange(self.n_players))
        joined = np.logical_or.reduceat(unequal[order], first, axis=0)
        return np.asarray(joined, np.float64)

    def pairs_at_once(self) -> int:
        """How many pairs of sample and background row are looked at together."""
        layers = self.network.layers
        upstream = {source for layer in layers for source in layer.reads.parts}
        carried = sum(layers[source - 1].width for source in upstream if source != INPUTS)
        links = sum(
            reach.nnz * layer.made + len(read.links.input)
            for reach, read, layer in zip(self.reach, self.reads, layers, strict=True)
        )
        each = self.network.n_inputs + links + carried * self.n_outputs
        return max(1, int(NUMBERS_AT_ONCE // each))


def terms_of(network: Unrolled, players: Array, *, interactions: bool = False) -> Terms:
    """Take a network apart for `players`, given by input."""
    players = np.asarray(players)
    reads: list[Read] = []
    first: dict[int, Links] = {}  # of layers whose rectifiers read the inputs alone
    for number, layer in enumerate(network.layers, start=1):
        reads.append(read_of(layer.reads, players, relaxed(network, layer.reads, first)))
        if layer.function.rectified and of_inputs(layer.reads):
            first[number] = reads[-1].links
    return Terms(network, players, players_reaching(network, players), tuple(reads), interactions)


@dataclass(frozen=True, eq=False)
class Games:
    """The games of one layer, for some pairs.

    Attributes
    ----------
    layer : int
        From 0.
    group, pair : ndarray of int (games,)
        Those to be solved.
    halved : ndarray of bool (games,)
        Whether each is a rectified sum of what its players add.
    always_on : ndarray of bool (groups, pairs) or None
        In a layer that reads the inputs alone: groups that are affine in them.
    weight : ndarray (groups, made, outputs) or (groups, made, outputs, pairs)
        What the outputs make of each group; of each pair where it differs between them.
    """

    layer: int
    group: Array
    pair: Array
    halved: Array
    always_on: Array | None
    weight: Array

    @property
    def shared(self) -> bool:
        """Whether all pairs have the same weights."""
        return self.weight.ndim == 3


@dataclass(frozen=True, eq=False)
class Pairs:
    """Samples paired with background rows, and the games they leave.

    Attributes
    ----------
    sample : ndarray of int (pairs,)
        Ascending.
    x, rows : ndarray (n_inputs, pairs)
    moves : Moves
    games : list of Games
        Of the layers that are read, last first.
    affine : ndarray (n_inputs, outputs) or (n_inputs, outputs, pairs)
        Weight of each input on its own.
    """

    sample: Array
    x: Array
    rows: Array
    moves: Moves
    games: list[Games]
    affine: Array

    @property
    def first(self) -> Array:
        """The first pair of each sample."""
        return np.flatnonzero(np.r_[True, self.sample[1:] != self.sample[:-1]])


def in_pairs(terms: Terms, x: Array, background: Array) -> Iterator[Pairs]:
    """Pair every sample with every background row, samples slowest, some at a time."""
    for part in chunks(len(x) * len(background), 1, terms.pairs_at_once()):
        sample, row = np.divmod(np.arange(part.start, part.stop), len(background))
        yield _paired(terms, sample, x.T[:, sample], background.T[:, row])


def _paired(terms: Terms, sample: Array, x: Array, rows: Array) -> Pairs:
    found = moves(terms.network, terms.reads, x, rows)
    passing, halved = _passing(terms, x != rows, found)
    games, affine = _weighed(terms, found.kinds, passing, halved, x.shape[1])
    return Pairs(sample, x, rows, found, games, affine)


def _passing(terms: Terms, unequal: Array, found: Moves) -> tuple[list[Array], list[Array]]:
    """Choose which groups pass their weight on, and which halves can solve: (groups, pairs) each.

    What nobody plays is marked as OFF. A rectifier that is always on passes where the games it
    reads are cheaper than its own.
    """
    prices: dict[int, Array] = {}
    bent: dict[int, Array] = {}
    passing, halved = [], []
    differ = terms.of_players(unequal)
    for number, layer in enumerate(terms.network.layers, start=1):
        kind = found.kinds[number - 1]
        if terms.shallow(number - 1):
            count = terms.reads[number - 1].links.by_column(found.changes[number - 1] != 0)
        else:
            count = terms.reach[number - 1] @ differ
        kind[count == 0] = OFF
        straight = _straight(layer, bent, kind.shape)
        passes = np.zeros(kind.shape, bool)
        own = terms.price(count, straight)
        if layer.function.rectified:
            behind = np.zeros((layer.reads.width, kind.shape[1]))
            for source, part in layer.reads.parts.items():
                if source != INPUTS:
                    behind += pattern(part).T @ prices[source]
            behind = behind[layer.groups[:, 0]]
            passes = (kind == ON) & (behind <= own)
            own = np.where(passes, behind, own)
        passing.append(passes)
        halved.append(straight)
        if number < len(terms.network.layers):
            own[kind == OFF] = 0.0
            prices[number] = np.repeat(own, layer.made, axis=0)
            bends = (kind == FREE) | ((kind == ON) & ~straight)
            bent[number] = np.repeat(bends, layer.made, axis=0)
    return passing, halved


def _straight(layer: UnitLayer, bent: dict[int, Array], shape: tuple[int, ...]) -> Array:
    """Tell which groups rectify a sum of what their players add: (groups, pairs).

    In the first layer all do; behind it those that read nothing whose sign is open for the pair.
    """
    if not layer.function.rectified:
        return np.zeros(shape, bool)
    reads = np.zeros((layer.reads.width, shape[1]))
    for source, part in layer.reads.parts.items():
        if source != INPUTS:
            reads += pattern(part).T @ bent[source].astype(np.float64)
    return np.asarray(reads[layer.groups[:, 0]] == 0)


def by_halves(players: Array, halved: Array | bool, *, interactions: bool = False) -> Array:
    """Tell which games two halves solve in fewer steps than there are coalitions."""
    return np.asarray(steps(players, halved, interactions=interactions) < steps(players, False))


def steps(players: Array, halved: Array | bool, *, interactions: bool = False) -> Array:
    """Return what games cost: coalitions, or steps of two halves of a and b players if fewer.

    Those are ``(a + 1) 2^b + (b + 1) 2^a``, for n players about n · 2^(n/2). Interactions take 2 n
    such games of n − 1 players. 2^1000 stands for any more coalitions, as far as floats and sums of
    them go.
    """
    every = np.asarray(np.exp2(np.minimum(players, 1000)))
    few = np.minimum(players, MOST_BY_HALVES)
    walks = 2 * few * _walks(np.maximum(few - 1, 0)) if interactions else _walks(few)
    fits = np.asarray(halved) & (players <= MOST_BY_HALVES)
    return np.where(fits, np.minimum(every, walks), every)


def _walks(players: Array) -> Array:
    a, b = players // 2, players - players // 2
    return np.asarray((a + 1) * np.exp2(b) + (b + 1) * np.exp2(a))


def _weighed(
    terms: Terms, kinds: list[Array], passing: list[Array], halved: list[Array], n_pairs: int
) -> tuple[list[Games], Array]:
    """Carry the outputs' weights back to games and inputs."""
    weights = {source: part.toarray() for source, part in terms.network.output.parts.items()}
    games = []
    for index in reversed(range(len(terms.network.layers))):
        if index + 1 not in weights:
            continue
        layer, kind, passes = terms.network.layers[index], kinds[index], passing[index]
        weight = weights.pop(index + 1)
        weight = weight.reshape(len(layer.groups), layer.made, *weight.shape[1:])
        read = weight.any(axis=(1, 2))
        played = (kind != OFF) & ~passes & (read if read.ndim == 2 else read[:, None])
        group, pair = np.nonzero(played)
        direct = terms.shallow(index)
        games.append(
            Games(
                index, group, pair, halved[index][group, pair], passes if direct else None, weight
            )
        )
        if passes.any() and not direct:
            _pass_on(weights, layer, passes, weight[:, 0])
    shape = terms.network.n_inputs, terms.n_outputs
    return games, weights.get(INPUTS, np.zeros(shape))


def _pass_on(weights: dict[int, Array], layer: UnitLayer, passes: Array, weight: Array) -> None:
    """Add a layer's weights (groups, outputs[, pairs]), where it passes, to what it reads."""
    if weight.ndim == 2:
        weight = weight[..., None]
    given = weight * passes[:, None]
    for source, part in layer.reads.parts.items():
        matrix = part[:, layer.groups[:, 0]]
        passed = (matrix @ given.reshape(len(given), -1)).reshape(-1, *given.shape[1:])
        known = weights.get(source)
        if known is not None:
            passed += known if known.ndim == 3 else known[..., None]
        weights[source] = passed
