"""The explained outputs as weighted sums of groups' games, put together again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from explainprune import network as networks
from explainprune.analysis.attribution.games.enumeration import Solution
from explainprune.analysis.attribution.games.units import Bundle, bundles, solved
from explainprune.analysis.attribution.reading.players import per_player_sums
from explainprune.network import Network
from explainprune.network.scalars.cutting import Cutter
from explainprune.network.scalars.terms import Games, Pairs, Terms, in_pairs, terms_of
from explainprune.network.tracing.same import check_same
from explainprune.types import Array

HELD = 32
"""Rows on which a network that was taken apart is held against itself."""


def cutter_of(
    network: Network, players: Array, rows: Array, *, interactions: bool = False
) -> Cutter:
    """Take a Keras network apart into games; some of `rows` tell whether it is still the same.

    With `interactions` those are what its games are solved for, too.

    Raises
    ------
    ValueError
        Saying what keeps it from being taken apart, or that the parts compute something else.
    """
    model = getattr(network, "model", None)
    if model is None:
        raise ValueError(f"a {type(network).__name__} has no layers to look at")
    unrolled = networks.unroll(
        model,
        network.output_kind,  # type: ignore[attr-defined]
        yes_or_no=getattr(network, "yes_or_no", False),
    )
    if unrolled.n_inputs != network.n_inputs:
        raise ValueError("its inputs are not those of its layers")
    some = rows[:HELD]
    check_same(unrolled.outputs(some), network.outputs(some), "the network taken apart")
    return Cutter(terms_of(unrolled, players, interactions=interactions))


Wanted = Callable[[Pairs, Games, Bundle], bool]
"""Whether a bundle of games is to be played."""


def all_games(pairs: Pairs, games: Games, bundle: Bundle) -> bool:
    """Leave out nothing."""
    return True


def summed(cutter: Cutter, x: Array, background: Array, *, wanted: Wanted = all_games) -> Solution:
    """Solve games and put them together again, mean over background rows.

    Parameters
    ----------
    cutter : Cutter
    x, background : ndarray (n, inputs), (b, inputs)
    wanted : callable
        Games that aren't count for nothing. What is affine counts in any case.

    Returns
    -------
    Solution
        Values (n, players, outputs), and interactions (n, players, players, outputs) where the
        cutter is for them.
    """
    terms = cutter.terms
    values = np.zeros((len(x), terms.n_players, terms.n_outputs))
    between = np.zeros((*values.shape[:2], *values.shape[1:])) if terms.interactions else None
    for pairs in in_pairs(terms, x, background):
        add_affine(values, terms, pairs)
        for games in pairs.games:
            found = linked(terms, pairs, games)
            for bundle in bundles(cutter, pairs, games):
                if not wanted(pairs, games, bundle):
                    continue
                for some, solution in solved(bundle):
                    put(found, games, some, solution.values)
                    if between is not None and solution.interactions is not None:
                        _put_interactions(between, terms, pairs, games, some, solution.interactions)
            add_games(values, terms, pairs, games, found)
    values /= len(background)
    return Solution(values, None if between is None else between / len(background))


def linked(terms: Terms, pairs: Pairs, games: Games) -> Array:
    """Return room for the values of a layer's links: (made, links, pairs).

    What is affine for a pair is there already.
    """
    reach, made = terms.reach[games.layer], terms.network.layers[games.layer].made
    found = np.zeros((made, reach.nnz, len(pairs.sample)))
    if games.always_on is not None:
        changes = pairs.moves.changes[games.layer]
        np.copyto(found[0], changes, where=games.always_on[_group(reach)])
    return found


def put(found: Array, games: Games, bundle: Bundle, values: Array) -> None:
    """Put games' values (players, games, made) where their links are."""
    found[:, bundle.links, games.pair[bundle.chosen]] = values.transpose(2, 0, 1)


def _group(reach: Any) -> Array:
    """Return the group of each link."""
    return np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr))


def add_games(values: Array, terms: Terms, pairs: Pairs, games: Games, found: Array) -> None:
    """Add the games of a layer to the values (n, players, outputs), by their weights."""
    reach = terms.reach[games.layer]
    group, first = _group(reach), pairs.first
    by_player = sparse.csr_array(
        (np.ones(reach.nnz), (reach.indices, np.arange(reach.nnz))),
        shape=(terms.n_players, reach.nnz),
    )
    total = np.zeros((terms.n_outputs, terms.n_players, len(first)))
    for each, weight in zip(found, games.weight.swapaxes(0, 1), strict=True):
        # Weights that all pairs share can wait until a sample's pairs are added up: fewer products.
        if games.shared:
            each = np.add.reduceat(each, first, axis=1)
        for output in np.flatnonzero(weight.reshape(len(weight), terms.n_outputs, -1).any((0, 2))):
            mine = weight[group, output]
            if games.shared:
                total[output] += by_player @ (each * mine[:, None])
            else:
                total[output] += by_player @ np.add.reduceat(each * mine, first, axis=1)
    values[pairs.sample[first]] += total.transpose(2, 1, 0)


def add_affine(values: Array, terms: Terms, pairs: Pairs) -> None:
    """Add what inputs give on their own."""
    if not pairs.affine.any():
        return
    difference, first = pairs.x - pairs.rows, pairs.first
    if pairs.affine.ndim == 2:
        summed_up = np.add.reduceat(difference, first, axis=1)
        each = pairs.affine[:, :, None] * summed_up[:, None]
    else:
        each = np.add.reduceat(pairs.affine * difference[:, None], first, axis=2)
    values[pairs.sample[first]] += per_player_sums(each.transpose(2, 0, 1), terms.players)


def _put_interactions(
    between: Array, terms: Terms, pairs: Pairs, games: Games, bundle: Bundle, found: Array
) -> None:
    """Add games' interactions (players, players, games, made) by the weights of their outputs."""
    pair, group = games.pair[bundle.chosen], games.group[bundle.chosen]
    players = terms.reach[games.layer].indices[bundle.links].T
    weight = games.weight[group] if games.shared else games.weight[group, :, :, pair]
    given = np.einsum("ijgm,gmo->gijo", found, weight)
    sample = pairs.sample[pair][:, None, None]
    # Several games add to one entry: add.at counts each, where plain indexing would keep the last.
    np.add.at(between, (sample, players[:, :, None], players[:, None]), given)
