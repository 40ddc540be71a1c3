"""Shapley values from a weighted least-squares fit to the worth of coalitions."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import (
    Explained,
    base_output,
    explained_output,
)
from explainprune.analysis.attribution.reading.players import n_players
from explainprune.analysis.attribution.sampling.coalition_values import coalition_values
from explainprune.analysis.attribution.sampling.coalitions import Share, paired_coalitions
from explainprune.analysis.attribution.sampling.replicates import (
    check_count,
    check_sampling,
    replicated,
)
from explainprune.network import Network
from explainprune.types import Array


def shapley_regression(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    share: Share,
    rng: np.random.Generator,
    players: Array,
    draws: int,
    coalitions: int | None,
    tolerance: float | None,
) -> Explained:
    r"""Fit values to the worth of coalitions, in independent replicates without bias.

    .. math:: \phi = \arg\min_\phi \sum_S w(S) \left( v(S) - v(\emptyset)
              - \textstyle\sum_{p \in S} \phi_p \right)^2
              \quad \text{subject to} \quad \textstyle\sum_p \phi_p = v(N) - v(\emptyset)

    A fit to sampled coalitions is biased (a ratio of two estimates), so that more replicates of
    it would not converge. One pilot draw is fitted; every draw then estimates, without bias, what
    the fit misses:

    .. math:: \hat\phi = \phi_0 + P \sum_S \tilde w(S) \left( 1_S - |S| / P \right)
              \left( v(S) - v(\emptyset) - \textstyle\sum_{p \in S} \phi_{0,p} \right)

    since over all coalitions :math:`\sum_S w(S) (1_S - |S|/P)(1_S - |S|/P)^T = (I - J/P) / P`.
    Where the draws together would cost as much as all coalitions, all are enumerated: the values
    are exact then, and carry no standard error.
    """
    n, count = len(x), n_players(players)
    check_sampling(draws, tolerance)
    each = default_coalitions(count) if coalitions is None else coalitions
    check_count("coalitions", each, at_least=2)
    every = 2**count - 2
    exact = every <= each * (draws + 1)
    base = base_output(network, background, targets, n)
    total = explained_output(network, x, targets) - base

    def drawn(
        child: np.random.Generator, samples: Array, wanted: int
    ) -> tuple[Array, Array, Array]:
        """Return coalitions, their weights, and their worth above the empty one's."""
        masks, weights = paired_coalitions(count, wanted, share, child)
        own = None if targets is None else targets[samples]
        worth = coalition_values(network, x[samples], background, masks[:, players], own)
        return masks, weights, worth - base[samples][:, None]

    first = every if exact else max(each, default_coalitions(count))
    pilot = fitted(*drawn(rng.spawn(1)[0], np.arange(n), first), total)
    if exact:
        return Explained(pilot, base, complete=True, settled={"coalitions": every, "draws": 1})

    def one(child: np.random.Generator, samples: Array) -> Array:
        masks, weights, worth = drawn(child, samples, each)
        missed = worth - np.einsum("mp,np...->nm...", masks.astype(np.float64), pilot[samples])
        pull = count * weights[:, None] * (masks - masks.mean(axis=1, keepdims=True))
        corrected: Array = pilot[samples] + np.einsum("mp,nm...->np...", pull, missed)
        return corrected

    estimate = replicated(one, rng, n, draws=draws, tolerance=tolerance)
    return Explained(
        estimate.mean,
        base,
        std_error=estimate.std_error,
        complete=True,
        notes=estimate.notes,
        settled={"coalitions": each, "draws": int(estimate.draws.min())},
    )


def default_coalitions(count: int) -> int:
    """Coalitions in one draw: enough for the pilot's fit to be well-posed."""
    return max(4 * count, 64)


def fitted(masks: Array, weights: Array, worth: Array, total: Array) -> Array:
    """Solve for all samples and outputs at once.

    Parameters
    ----------
    masks : ndarray of bool (m, P)
    weights : ndarray (m,)
    worth : ndarray (n, m) or (n, m, K)
        Worth of each coalition above that of the empty one.
    total : ndarray (n,) or (n, K)
        Worth of the full coalition above that of the empty one.

    Returns
    -------
    ndarray (n, P) or (n, P, K)
        Summing to `total`.
    """
    count = masks.shape[1]
    share = masks.mean(axis=1)
    # Rows without their mean are orthogonal to the constant vector, and so is the solution of
    # smallest norm: the constraint holds whether or not the fit is determined.
    rows = np.sqrt(weights)[:, None] * (masks - share[:, None])
    even = np.expand_dims(total, 1) / count
    left = worth - np.expand_dims(total, 1) * share.reshape(1, -1, *[1] * (worth.ndim - 2))
    left = np.moveaxis(left, 1, 0).reshape(len(masks), total.size) * np.sqrt(weights)[:, None]
    solved = np.linalg.lstsq(rows, left, rcond=None)[0]
    shaped = solved.reshape(count, len(total), *total.shape[1:])
    values: Array = even + np.moveaxis(shaped, 0, 1)
    return values
