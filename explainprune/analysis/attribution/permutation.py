"""Shapley values by antithetic permutation sampling."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from explainprune.analysis.attribution.explained import Explained, chosen, explained_output, least
from explainprune.analysis.attribution.reading.players import n_players, per_player_sums
from explainprune.analysis.attribution.sampling.coalition_values import rows_at_once
from explainprune.analysis.attribution.sampling.mixing import mixed
from explainprune.analysis.attribution.sampling.replicates import (
    Replicate,
    check_sampling,
    replicated,
)
from explainprune.analysis.attribution.sampling.streams import uniforms
from explainprune.network import Network, chunks
from explainprune.network.integrals import add_by_sample
from explainprune.types import Array


def permutation(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    rng: np.random.Generator,
    players: Array,
    draws: int = 4,
    tolerance: float | None = None,
) -> Explained:
    r"""Estimate interventional Shapley values from random orders and their reverses.

    .. math:: \phi_p(x) = \frac1{|B|} \sum_{b \in B} E_\pi
              \left[ v_{x,b}(\pi_{<p} \cup \{p\}) - v_{x,b}(\pi_{<p}) \right],
              \quad v_{x,b}(S) = f(x_S, b_{\bar S})

    In every draw each background row has an order of its own: at the same number of forward
    passes this errs less than one order shared by all rows. Each draw costs at most
    ``2 (players − 1) × background`` passes for a sample: players that are equal in sample and
    background row change nothing, and take no passes.

    Parameters
    ----------
    network, x, background, targets, rng, players, draws, tolerance
        As all methods have them: see `METHODS`.

    Returns
    -------
    Explained
        One value per player; complete, since each order's changes telescope.

    References
    ----------
    Castro, Gómez, Tejada 2009, doi:10.1016/j.cor.2008.04.004; Mitchell et al. 2022,
    arXiv:2104.12199 (antithetic orders).
    """
    check_sampling(draws, tolerance)
    if n_players(players) < 3:  # an order and its reverse are all there are: nothing is drawn
        draws, tolerance = 1, None
    at_rows = network.outputs(background)
    at_background = np.asarray(at_rows, dtype=np.float64)
    one = orders_of(network, x, background, targets, players, at_background)
    base = chosen(np.tile(at_background.mean(axis=0), (len(x), 1)), targets)
    estimate = replicated(
        one, rng, len(x), draws=draws, tolerance=tolerance, floor=least(base, at_rows)
    )
    return Explained(
        estimate.mean,
        base,
        std_error=estimate.std_error,
        complete=True,
        notes=estimate.notes,
        settled={"draws": int(estimate.draws.min())},
    )


def orders_of(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    players: Array,
    at_background: Array,
) -> Replicate:
    """Return independent estimates: an order and its reverse for each sample and background row.

    `at_background` holds the outputs there: (b, K).
    """
    n, count = len(x), n_players(players)
    narrow = np.int16 if count < 2**15 else np.int32  # masks are compared, so size is speed
    at_samples = explained_output(network, x, targets)

    def one(child: np.random.Generator, samples: Array) -> Array:
        values = np.zeros((len(samples), count, *at_samples.shape[1:]))
        for part, keys in uniforms(child, n, (len(background), count), samples):
            taken = samples[part]
            moves = _moving(x[taken], background, players)
            keys[~moves] += 1  # who changes nothing comes last
            ranks = keys.argsort(axis=2, kind="stable").argsort(axis=2).astype(narrow)
            own = None if targets is None else targets[taken]
            ends = (at_background, at_samples[taken])
            values[part] = _one_order_each(
                network, x[taken], background, ranks, moves, players, own, ends
            )
        return values

    return one


def _moving(x: Array, background: Array, players: Array) -> Array:
    """Tell in which players samples and background rows differ: (n, b, P)."""
    differ = (x[:, None] != background).reshape(-1, x.shape[1])
    of_players: Array = per_player_sums(differ, players) > 0
    return of_players.reshape(len(x), len(background), -1)


def _alike(counts: Array, rows: int) -> Iterator[Array]:
    """Yield blocks of pairs with about as many moving players each, within the row bound."""
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    while len(order):
        size = max(1, rows // max(int(counts[order[0]]) - 1, 1))
        yield np.sort(order[:size])
        order = order[size:]


def _one_order_each(
    network: Network,
    x: Array,
    background: Array,
    ranks: Array,
    moves: Array,
    players: Array,
    targets: Array | None,
    ends: tuple[Array, Array],
) -> Array:
    """Average marginal changes over one order and its reverse for each pair: (n, P[, K])."""
    n, b, count = ranks.shape
    values = np.zeros((n, count, *ends[1].shape[1:]))
    counts = moves.sum(axis=2).ravel()
    for block in _alike(counts, rows_at_once(network, math.prod(ends[1].shape[1:]))):
        sample, reference = np.divmod(block, b)
        rank, most = ranks[sample, reference], int(counts[block].max())
        own = None if targets is None else targets[sample]
        here, there = x[sample][:, None], background[reference][:, None]
        first, last = chosen(ends[0][reference], own), ends[1][sample]
        placed = rank.take(players, axis=1)[:, None]
        order, reverse = _both_ways(network, placed, most, here, there, own)
        gains = (_changes(first, order, last) - _changes(last, reverse, first)) / 2
        shape = (*rank.shape, *[1] * (gains.ndim - 2))
        index = np.minimum(rank, most - 1).astype(np.intp).reshape(shape)
        own_gains = np.take_along_axis(gains, index, axis=1)
        own_gains *= moves[sample, reference].reshape(shape)
        add_by_sample(values, sample, own_gains)
    values /= b
    return values


def _both_ways(
    network: Network, ranks: Array, most: int, here: Array, there: Array, targets: Array | None
) -> Array:
    """Evaluate coalitions along an order and its reverse, a few steps at a time.

    → (2, pairs, most − 1[, K])
    """
    kept = () if targets is not None else (network.n_outputs,)
    found = np.empty((2, len(ranks), most - 1, *kept))
    for part in chunks(most - 1, len(ranks), rows_at_once(network, *kept)):
        steps = np.arange(part.start + 1, part.stop + 1, dtype=ranks.dtype)
        # The coalitions of the reverse order are the complements of the order's own.
        inside = ranks < steps[:, None]
        found[0, :, part] = _outputs_of(network, mixed(inside, here, there), targets)
        found[1, :, part] = _outputs_of(network, mixed(inside, there, here), targets)
    return found


def _outputs_of(network: Network, rows: Array, targets: Array | None) -> Array:
    """Return explained outputs of rows (pairs, steps, d): (pairs, steps[, K])."""
    shape = rows.shape[:2]
    own = None if targets is None else np.repeat(targets, shape[1])
    outputs = chosen(network.outputs(rows.reshape(-1, rows.shape[2])), own)
    return outputs.reshape(*shape, *outputs.shape[1:])


def _changes(first: Array, between: Array, last: Array) -> Array:
    """Return the steps from `first` over `between` (along axis 1) to `last`."""
    return np.diff(np.concatenate([first[:, None], between, last[:, None]], axis=1), axis=1)
