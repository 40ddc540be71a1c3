"""The live part of a network that one group reads, cut out, and equal ones found."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explainprune.network.scalars.affine import INPUTS, Sparse
from explainprune.network.scalars.bounds import OFF
from explainprune.network.scalars.elements import Function, UnitLayer, Unrolled
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Stage:
    """What a part keeps of one layer.

    Attributes
    ----------
    layer : int
        From 0.
    kernels : dict of int to ndarray (elements read, width)
        By the stage read, from 0; −1 for the part's inputs.
    bias : ndarray (width,)
    groups : ndarray of int (groups, size)
    function : Function
    made : int
    """

    layer: int
    kernels: dict[int, Array]
    bias: Array
    groups: Array
    function: Function
    made: int

    @cached_property
    def _in_order(self) -> bool:
        """Whether each group is the number at its own place."""
        return np.array_equal(self.groups, np.arange(len(self.bias))[:, None])

    def __call__(self, read: Array) -> Array:
        """Put (..., width) through the function: (..., groups · made)."""
        grouped = read[..., None] if self._in_order else read[..., self.groups]
        made = self.function.call(grouped)
        return made.reshape(*made.shape[:-2], -1)


@dataclass(frozen=True, eq=False)
class Part:
    """A small network: what one group, or many that are alike, reads.

    Attributes
    ----------
    stages : tuple of Stage
        The last has a single group.
    players : ndarray of int (inputs of the part,)
        Numbered within the part, from 0.
    """

    stages: tuple[Stage, ...]
    players: Array

    @property
    def n_players(self) -> int:
        """How many players it has."""
        return int(self.players.max(initial=-1)) + 1

    @property
    def width(self) -> int:
        """Numbers computed for each coalition."""
        return sum(len(stage.bias) for stage in self.stages)

    def outputs(self, reads: list[Array]) -> Array:
        """Evaluate rows from each stage's bias and what the inputs add to it.

        Parameters
        ----------
        reads : list of ndarray (n, width) or (width,)
            The latter for stages that read no inputs.

        Returns
        -------
        ndarray (n, made)
        """
        return self.stages[-1](self.last_read(reads))

    def last_read(self, reads: list[Array]) -> Array:
        """Return what the last stage reads, given `reads` as `outputs` is."""
        made: list[Array] = []
        for stage, read in zip(self.stages, reads, strict=True):
            for source, kernel in stage.kernels.items():
                if source >= 0:
                    read = read + made[source] @ kernel
            made.append(read if stage is self.stages[-1] else stage(read))
        return made[-1]


def alone(layer: int, function: Function) -> Part:
    """Return a part of one number that is read from outside, for any players."""
    stage = Stage(layer, {}, np.zeros(1), np.zeros((1, 1), np.int64), function, 1)
    return Part((stage,), np.zeros(0, np.int64))


@dataclass(frozen=True, eq=False)
class Place:
    """Where in the whole network a part lies.

    Attributes
    ----------
    columns : ndarray of int
        Its inputs.
    groups : tuple of ndarray of int
        The groups of each stage.
    """

    columns: Array
    groups: tuple[Array, ...]


def cut(network: Unrolled, players: Array, layer: int, group: int) -> tuple[Part, Place]:
    """Cut out what a group reads through weights that aren't zero."""
    needed: dict[int, Array] = {layer + 1: np.array([group])}
    inputs = np.empty(0, np.int64)
    found: list[tuple[int, UnitLayer, Array, Array, dict[int, Entries]]] = []
    for number in range(layer + 1, 0, -1):
        if number not in needed:
            continue
        units = network.layers[number - 1]
        columns, local = np.unique(units.groups[needed[number]], return_inverse=True)
        local = local.reshape(len(needed[number]), -1)
        entries = {s: _entries(part, columns) for s, part in units.reads.parts.items()}
        for source, (rows, _, _) in entries.items():
            if source == INPUTS:
                inputs = np.union1d(inputs, rows)
            elif rows.size:
                above = rows // network.layers[source - 1].made
                needed[source] = np.union1d(needed.get(source, above[:0]), above)
        found.append((number, units, columns, local, entries))
    found.reverse()
    stages = _stages(network, found, needed, inputs)
    _, renumbered = np.unique(players[inputs], return_inverse=True)
    groups = tuple(needed[number] for number, *_ in found)
    return Part(stages, renumbered), Place(inputs, groups)


Entries = tuple[Array, Array, Array]
"""Rows, columns and values of a matrix."""


def _entries(matrix: Sparse, columns: Array) -> Entries:
    """Return the entries of some columns, which are numbered anew."""
    start, stop = matrix.indptr[columns], matrix.indptr[columns + 1]
    counts = stop - start
    column = np.repeat(np.arange(len(columns)), counts)
    at = np.arange(counts.sum()) + np.repeat(start - np.cumsum(counts) + counts, counts)
    return matrix.indices[at].astype(np.int64), column, matrix.data[at]


def _stages(
    network: Unrolled,
    found: list[tuple[int, UnitLayer, Array, Array, dict[int, Entries]]],
    needed: dict[int, Array],
    inputs: Array,
) -> tuple[Stage, ...]:
    place = {number: index for index, (number, *_) in enumerate(found)}
    stages = []
    for number, units, columns, local, entries in found:
        kernels = {}
        for source, (rows, column, values) in entries.items():
            if source == INPUTS:
                at, size = np.searchsorted(inputs, rows), len(inputs)
            else:
                made = network.layers[source - 1].made
                at = np.searchsorted(needed.get(source, rows[:0]), rows // made) * made
                at, size = at + rows % made, len(needed.get(source, rows[:0])) * made
            if rows.size:
                kernel = np.zeros((size, len(columns)))
                kernel[at, column] = values
                kernels[-1 if source == INPUTS else place[source]] = kernel
        bias = units.reads.bias[columns]
        stages.append(Stage(number - 1, kernels, bias, local, units.function, units.made))
    return tuple(stages)


def likeness(part: Part) -> Hashable:
    """Return what two parts share if and only if they compute the same."""
    stages = tuple(
        (
            stage.layer,
            id(stage.function),
            stage.bias.tobytes(),
            stage.groups.shape,
            stage.groups.tobytes(),
            tuple((s, k.shape, k.tobytes()) for s, k in stage.kernels.items()),
        )
        for stage in part.stages
    )
    return stages, part.players.tobytes()


def played(part: Part, kinds: list[Array], differ: Array) -> Array:
    """Tell who plays, for some games of a part: (games, players).

    Parameters
    ----------
    part : Part
    kinds : list of ndarray (games, groups of the stage)
        What each group is for the game's pair: through one that is OFF nobody reaches.
    differ : ndarray of bool (games, inputs of the part)
        Inputs that are not the same in the sample and in the row.
    """
    games = len(differ)
    wanted: dict[int, Array] = {len(part.stages) - 1: np.ones((games, 1), np.float32)}
    inputs = np.zeros(differ.shape, np.float32)
    for index in reversed(range(len(part.stages))):
        stage = part.stages[index]
        groups = wanted[index] * (kinds[index] != OFF)
        inside = np.zeros((len(stage.groups), len(stage.bias)), np.float32)
        np.put_along_axis(inside, stage.groups, 1.0, axis=1)
        columns = (groups @ inside) > 0
        for source, kernel in stage.kernels.items():
            reached = columns.astype(np.float32) @ (kernel != 0).T.astype(np.float32)
            if source < 0:
                inputs += reached
            else:
                made = part.stages[source].made
                above = reached.reshape(games, -1, made).any(axis=2).astype(np.float32)
                wanted[source] = np.maximum(wanted.get(source, 0.0), above)
    live = (inputs > 0) & differ
    order = np.argsort(part.players, kind="stable")
    first = np.searchsorted(part.players[order], np.arange(part.n_players))
    if not part.n_players:
        return np.zeros((games, 0), bool)
    return np.asarray(np.logical_or.reduceat(live[:, order], first, axis=1))
