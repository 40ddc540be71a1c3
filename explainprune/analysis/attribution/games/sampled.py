"""The games of single groups of a network, sampled by orders and their reverses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from explainprune.analysis.attribution.games.hidden import Wanted, add_games, put
from explainprune.analysis.attribution.games.units import NUMBERS_AT_ONCE, Bundle, Reads, bundles
from explainprune.network.scalars.cutting import Cutter
from explainprune.network.scalars.terms import Games, Pairs, Terms, in_pairs
from explainprune.types import Array

Walk = Iterable[tuple[Pairs, list[tuple[Games, list[Bundle]]]]]
"""Pairs, some at a time; of each layer read, its games, and those of them that are to be played."""


def walk(cutter: Cutter, x: Array, background: Array, wanted: Wanted) -> Walk:
    """Pair samples with background rows, and find the games to be played."""
    for pairs in in_pairs(cutter.terms, x, background):
        yield (
            pairs,
            [
                (
                    games,
                    [each for each in bundles(cutter, pairs, games) if wanted(pairs, games, each)],
                )
                for games in pairs.games
            ],
        )


def drawn(terms: Terms, steps: Walk, keys: Array) -> Array:
    """Play games in one order of the players and its reverse, for each pair; add them up.

    Parameters
    ----------
    terms : Terms
    steps : iterable
        A walk over pairs of n samples and b background rows.
    keys : ndarray (n, b, players)
        Players join in the order of their keys, in each game those that play it.

    Returns
    -------
    ndarray (n, players, outputs)
        Mean over background rows.
    """
    flat = keys.reshape(-1, keys.shape[2])
    values = np.zeros((len(keys), terms.n_players, terms.n_outputs))
    done = 0
    for pairs, layers in steps:
        mine = flat[done : done + len(pairs.sample)]
        done += len(pairs.sample)
        for games, played in layers:
            if not played:
                continue
            reach, made = terms.reach[games.layer], terms.network.layers[games.layer].made
            found = np.zeros((made, reach.nnz, len(pairs.sample)))
            for bundle in played:
                own = mine[games.pair[bundle.chosen], reach.indices[bundle.links]]
                for some, gains in _in_order(bundle, own):
                    put(found, games, some, gains)
            add_games(values, terms, pairs, games, found)
    values /= keys.shape[1]
    return values


def _in_order(bundle: Bundle, keys: Array) -> Iterator[tuple[Bundle, Array]]:
    """Play a bundle's games, a few at a time: what each player changes (players, games, made)."""
    order = keys.argsort(axis=0, kind="stable")
    step = max(1, NUMBERS_AT_ONCE // (bundle.width * (bundle.players + 1)))
    done = 0
    for some, begun in bundle.some(step):
        part = order[:, done : done + len(some.chosen)]
        done += len(some.chosen)
        joining, leaving = _reads(begun, part)
        gains = (np.diff(some.at(joining), axis=0) - np.diff(some.at(leaving), axis=0)) / 2
        placed = np.empty_like(gains)
        np.put_along_axis(placed, part[..., None], gains, axis=0)
        yield some, placed


def _reads(begun: Reads, order: Array) -> tuple[list[Array], list[Array]]:
    """Return what is read as players join one by one, and as they leave in the same order.

    Those who are left when the first k have gone are those who came last: the coalitions of the
    reverse order.
    """
    joining, leaving = [], []
    for start, delta in zip(*begun, strict=True):
        if delta is None:
            joining.append(start)
            leaving.append(start)
            continue
        gone = np.zeros((len(delta) + 1, *delta.shape[1:]))
        np.cumsum(np.take_along_axis(delta, order[..., None], axis=0), axis=0, out=gone[1:])
        joining.append(start + gone)
        leaving.append(start + (gone[-1] - gone))
    return joining, leaving
