"""How many steps exact Shapley values take, counted before any work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explainprune.network.scalars.affine import INPUTS
from explainprune.network.scalars.cutting import Cutter, alike
from explainprune.network.scalars.terms import Games, Pairs, Terms, by_halves, in_pairs
from explainprune.types import Array

MOST_PLAYERS = 192
"""A group that more players reach is counted by who reaches it at all, and cut out only if it is
to be solved: it hardly ever is."""


STEP = 0.2
"""What a step of two halves takes, as a share of what a coalition takes."""


@dataclass(frozen=True, eq=False)
class Count:
    """Steps per pair of a sample and a background row, mean over all pairs.

    Attributes
    ----------
    outputs : ndarray (outputs,)
        For each output alone.
    units : ndarray (units,)
        For each unit whose game some pair needs.
    names : tuple of str
        Of these units: ``layer[position, channel]``.
    work : float
        Coalitions times the elements that each takes, or what takes as long by two halves.
    """

    outputs: Array
    units: Array
    names: tuple[str, ...]
    work: float

    @property
    def total(self) -> float:
        """All units together: a game is solved once for all outputs."""
        return float(self.units.sum())


def count_terms(cutter: Cutter, x: Array, background: Array, enough: float = np.inf) -> Count:
    """Count the steps for flat rows.

    Parameters
    ----------
    cutter : Cutter
    x, background : ndarray (n, inputs), (b, inputs)
    enough : float
        Once the mean over all pairs is sure to be above it, the others are not looked at, and
        the mean is that over those that were.
    """
    terms = cutter.terms
    layers = terms.network.layers
    units = [np.zeros(len(layer.groups)) for layer in layers]
    outputs, work, seen = np.zeros(terms.n_outputs), 0.0, 0
    for pairs in in_pairs(terms, x, background):
        seen += len(pairs.sample)
        for games in pairs.games:
            players, width = sizes(cutter, pairs, games)
            each = np.where(players > 0, terms.price(players, games.halved), 0.0)
            units[games.layer] += np.bincount(games.group, each, len(units[games.layer]))
            outputs += _by_output(games, each)
            work += float(each @ width)
        if sum(map(np.sum, units)) > enough * len(x) * len(background):
            break
    named = [
        (layer.name_of(int(group)), found[group] / seen)
        for layer, found in zip(layers, units, strict=True)
        for group in np.flatnonzero(found)
    ]
    names = tuple(name for name, _ in named)
    return Count(outputs / seen, np.array([each for _, each in named]), names, work / seen)


def _by_output(games: Games, each: Array) -> Array:
    """Add up the games that each output reads."""
    read = np.asarray(games.weight.any(axis=1))
    if games.shared:
        mine = np.bincount(games.group, each, len(read))
        return np.asarray(mine @ read)
    return np.asarray(each @ read[games.group, :, games.pair])


def sizes(cutter: Cutter, pairs: Pairs, games: Games) -> tuple[Array, Array]:
    """Return how many players each game has, and how many numbers a coalition of it takes."""
    terms = cutter.terms
    at = games.group, games.pair
    if terms.shallow(games.layer):
        changes = pairs.moves.changes[games.layer] != 0
        players = terms.reads[games.layer].links.by_column(changes)[at]
        return players, np.where(_halves(terms, games, players), STEP, 1.0)
    reach = terms.reach[games.layer]
    counts = (reach @ terms.of_players(pairs.x != pairs.rows))[at]
    width = np.full(len(counts), 1.0 + terms.network.layers[games.layer].groups.shape[1])
    small = np.flatnonzero(np.diff(reach.indptr)[games.group] <= MOST_PLAYERS)
    for same in alike(cutter, pairs, games, small):
        counts[same.chosen] = same.plays.sum(axis=1)
        width[same.chosen] = same.part.width
    width[games.halved] = 1.0
    return counts, np.where(_halves(terms, games, counts), STEP, width)


def _halves(terms: Terms, games: Games, players: Array) -> Array:
    return by_halves(players, games.halved, interactions=terms.interactions)


def most_work(cutter: Cutter, enough: float = np.inf) -> float:
    """Return the most that one pair can take, as `Count.work` counts; endless beyond `enough`.

    All who reach a unit play. Units that always are on pass to games that are cheaper than theirs.
    """
    terms, total = cutter.terms, 0.0
    for source, part in terms.network.output.parts.items():
        if source == INPUTS:
            continue
        layer = source - 1
        groups = np.unique(part.indices // terms.network.layers[layer].made)
        players, halved = np.diff(terms.reach[layer].indptr)[groups], terms.halved(layer)
        each = terms.price(players, halved)
        if each.sum() * STEP > enough:
            return np.inf
        if terms.shallow(layer):
            halves = by_halves(players, halved, interactions=terms.interactions)
            width = np.where(halves, STEP, 1.0)
        else:
            width = np.array([cutter.part(layer, int(group))[0].width for group in groups])
        total += float(each @ width)
    return total
