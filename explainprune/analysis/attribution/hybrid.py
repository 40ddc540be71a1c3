"""Shapley values with small games enumerated and large ones sampled."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import Explained, chosen, picked
from explainprune.analysis.attribution.games.split import Split, split
from explainprune.analysis.attribution.sampling.replicates import (
    Estimate,
    check_count,
    check_sampling,
    replicated,
)
from explainprune.network import Network
from explainprune.types import Array


def hybrid(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    rng: np.random.Generator,
    players: Array,
    exact_up_to: int = 12,
    draws: int = 4,
    tolerance: float | None = None,
) -> Explained:
    r"""Compute interventional Shapley values, exactly in small games, sampled in large ones.

    .. math::
        \phi_i(x) = \frac{1}{|B|} \sum_{b \in B} \Big[
        \sum_{j \in \text{small}} w_j\, \phi_i(g_j; x, b) +
        \sum_{j \in \text{large}} w_j\, E_\pi\, \Delta_i(g_j; x, b, \pi) \Big]

    The games are those of `exact`: one for each unit that the output is affine in, played by the
    inputs that reach it and differ between x and b. Those of more than ``2 ** exact_up_to`` steps
    are sampled as `permutation` samples the whole network, each by its own players only, in a
    random order and its reverse. Inputs without a path get exactly 0. A network that can't be
    taken apart is one game of all players.

    Parameters
    ----------
    network, x, background, targets, rng, players, draws, tolerance
        As all methods have them: see `METHODS`. Orders are those that `permutation` uses.
    exact_up_to : int
        Games that take at most ``2 ** exact_up_to`` steps for a pair of a sample and a background
        row are solved: by all coalitions of so many players, or by two halves of a few more. A
        sampled one takes ``2 × draws × players``.

    Returns
    -------
    Explained
        Complete. Standard errors cover what was sampled, and are 0 where nothing was.

    Raises
    ------
    ValueError
        If `exact_up_to` is not an integer ≥ 0.

    References
    ----------
    Shapley (1953); Castro, Gómez, Tejada 2009, doi:10.1016/j.cor.2008.04.004; Mitchell et al.
    2022, arXiv:2104.12199 (antithetic orders).
    """
    check_sampling(draws, tolerance)
    check_count("exact_up_to", exact_up_to, at_least=0)
    x, background = np.asarray(x, np.float64), np.asarray(background, np.float64)
    found = split(network, x, background, players, exact_up_to)
    estimate = _estimated(found, targets, rng, draws, tolerance)
    return Explained(
        estimate.mean,
        chosen(np.tile(found.base, (len(x), 1)), targets),
        std_error=estimate.std_error,
        complete=True,
        notes=(*found.notes, *estimate.notes),
        settled={"draws": int(estimate.draws.min())},
    )


def _estimated(
    found: Split,
    targets: Array | None,
    rng: np.random.Generator,
    draws: int,
    tolerance: float | None,
) -> Estimate:
    """Average draws of what is open, each added to what is known."""

    def one(child: np.random.Generator, samples: Array) -> Array:
        values = found.values[samples] + found.draw(child, samples)
        return picked(values, None if targets is None else targets[samples])

    n = len(found.values)
    if found.open.any():
        return replicated(one, rng, n, draws=draws, tolerance=tolerance)
    values = picked(found.values, targets)
    certain = draws > 1 or tolerance is not None
    return Estimate(values, np.zeros_like(values) if certain else None, np.full(n, draws))
