"""Shapley values by antithetic permutation sampling."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.coalition_values import rows_at_once
from explainprune.analysis.attribution.explained import Explained, chosen, explained_output
from explainprune.analysis.attribution.pairs import add_by_sample, pairs
from explainprune.analysis.attribution.players import n_players
from explainprune.analysis.attribution.replicates import replicated
from explainprune.analysis.attribution.streams import uniforms
from explainprune.network import Network, chunks
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
    passes this errs less than one order shared by all rows. Each draw costs
    ``2 (players − 1) × background`` passes for a sample.

    Parameters
    ----------
    network : Network
    x : ndarray (n, d)
    background : ndarray (b, d)
    targets : ndarray of int (n,), optional
        None: all outputs, from the same passes.
    rng : numpy.random.Generator
        Draws don't depend on the network: two networks explained with one seed use the same
        orders.
    players : ndarray of int (d,)
    draws : int
        Independent replicates. The standard error needs two at least; one gives None.
    tolerance : float, optional
        Sample until the 95 % half-width is this share of the sample's largest value, in place
        of `draws`.

    Returns
    -------
    Explained
        One value per player; complete, since each order's changes telescope.

    References
    ----------
    Castro, Gómez, Tejada 2009, doi:10.1016/j.cor.2008.04.004; Mitchell et al. 2022,
    arXiv:2104.12199 (antithetic orders).
    """
    n, count = len(x), n_players(players)
    at_background = np.asarray(network.outputs(background), dtype=np.float64)
    at_samples = explained_output(network, x, targets)

    def one(child: np.random.Generator, samples: Array) -> Array:
        values = np.zeros((len(samples), count, *at_samples.shape[1:]))
        for part, keys in uniforms(child, n, (len(background), count), samples):
            taken = samples[part]
            ranks = keys.argsort(axis=2, kind="stable").argsort(axis=2)
            own = None if targets is None else targets[taken]
            ends = (at_background, at_samples[taken])
            values[part] = _one_order_each(network, x[taken], background, ranks, players, own, ends)
        return values

    estimate = replicated(one, rng, n, draws=draws, tolerance=tolerance)
    return Explained(
        estimate.mean,
        chosen(np.broadcast_to(at_background.mean(axis=0), (n, at_background.shape[1])), targets),
        std_error=estimate.std_error,
        complete=True,
        notes=estimate.notes,
        settled={"draws": int(estimate.draws.min())},
    )


def _one_order_each(
    network: Network,
    x: Array,
    background: Array,
    ranks: Array,
    players: Array,
    targets: Array | None,
    ends: tuple[Array, Array],
) -> Array:
    """Average marginal changes over one order and its reverse for each pair: (n, P[, K])."""
    n, b, count = ranks.shape
    values = np.zeros((n, count, *ends[1].shape[1:]))
    steps = np.arange(1, count)
    inside = 2 * len(steps)
    for chunk in chunks(n * b, max(inside, 1), rows_at_once(network)):
        sample, reference = pairs(chunk, b)
        rank = ranks[sample, reference]
        own = None if targets is None else targets[sample]
        first, last = chosen(ends[0][reference], own), ends[1][sample]
        present = rank[:, None, players] < steps[:, None]
        present = np.stack([present, rank[:, None, players] >= count - steps[:, None]], axis=1)
        mixed = np.where(
            present, x[sample][:, None, None], background[reference][:, None, None]
        ).reshape(-1, x.shape[1])
        between = chosen(network.outputs(mixed), None if own is None else np.repeat(own, inside))
        chains = between.reshape(len(sample), 2, len(steps), *between.shape[1:])
        changes = np.diff(_with_ends(chains, first, last), axis=2)
        # The reverse order meets the player of rank r at its place count − 1 − r.
        mean = (changes[:, 0] + changes[:, 1, ::-1]) / 2
        index = rank.reshape(*rank.shape, *[1] * (mean.ndim - 2))
        add_by_sample(values, sample, np.take_along_axis(mean, index, axis=1))
    values /= b
    return values


def _with_ends(chains: Array, first: Array, last: Array) -> Array:
    """Put the output of the empty and of the full coalition around each chain."""
    ends = [
        np.broadcast_to(end[:, None, None], (*chains.shape[:2], 1, *chains.shape[3:]))
        for end in (first, last)
    ]
    return np.concatenate([ends[0], chains, ends[1]], axis=2)
