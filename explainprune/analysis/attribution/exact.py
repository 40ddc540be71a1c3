"""Exact interventional Shapley values, through sparsity where the network has the structure."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.exact_cost import cost_of
from explainprune.analysis.attribution.explained import Explained, chosen, picked
from explainprune.analysis.attribution.games.enumeration import Solution
from explainprune.analysis.attribution.games.hidden import cutter_of, summed
from explainprune.analysis.attribution.games.limit import check_cost, within
from explainprune.analysis.attribution.games.whole import enumerated
from explainprune.network import Network
from explainprune.types import Array

MOST_NUMBERS = 2**28
"""Entries of all matrices of interactions together: two gigabytes."""


def exact(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    players: Array,
    interactions: bool = False,
    limit: float = 2e9,
) -> Explained:
    r"""Compute exact interventional Shapley values, in float64.

    .. math:: \phi_i(x) = \frac{1}{|B|} \sum_{b \in B} \sum_j w_j\, \phi_i(g_j; x, b)

    Where the output is affine in units g_j that aren't, linearity splits the game into one for
    each unit, and the dummy axiom leaves it only the players that reach the unit through live
    weights and differ between x and b: 2^|players of the unit| coalitions instead of 2^d. Where
    g_j is a rectified sum of what its n players add, two halves of them take about n 2^(n/2)
    steps; the cheaper way is taken game by game. A unit of a convolution counts for each position;
    pooling and normalisation merge the players of what they mix. Networks of layers that aren't
    known are enumerated whole. Absent features take the background row's values, so coalitions may
    lie off the data's manifold.

    Parameters
    ----------
    network, x, background, targets, players
        As all methods have them: see `METHODS`.
    interactions : bool
        Give pairwise Shapley interactions as well. Of a rectified sum of n players they take 2 n
        games of n − 1 by two halves, or all its coalitions where these are fewer.
    limit : float
        Steps, over all pairs, beyond which the method refuses: coalitions, or steps of two halves.
        Of many pairs some are counted before any work, the others as they come.

    Raises
    ------
    ValueError
        If it would take more than `limit` steps, naming the units that cost most; if
        interactions don't fit into memory.

    References
    ----------
    Shapley (1953). Architectures built for exactness: ShapNets (Wang, Wang and Inouye, ICLR 2021),
    HarsanyiNet (Chen et al., ICML 2023). Here exactness is post-hoc, by pruning.
    """
    x, background = np.asarray(x, np.float64), np.asarray(background, np.float64)
    if interactions:
        _check_room(len(x), int(players.max()) + 1, network.n_outputs)
    try:
        cutter = cutter_of(network, players, x, interactions=interactions)
    except ValueError:
        cost = cost_of(network, x, background, players, interactions=interactions)
        check_cost(cost, len(x) * len(background), limit)
        found = enumerated(network, x, background, players, interactions=interactions)
        base = np.asarray(network.outputs(background), np.float64).mean(axis=0)
        note = "The whole network was enumerated"
    else:
        wanted = within(cutter, x, background, limit)
        found = summed(cutter, x, background, wanted=wanted)
        base = cutter.terms.network.outputs(background).mean(axis=0)
        note = "One game for each unit that the output is an affine function of"
    return Explained(
        picked(found.values, targets),
        chosen(np.tile(base, (len(x), 1)), targets),
        complete=True,
        interactions=None if found.interactions is None else picked(_with_main(found), targets),
        notes=(f"{note}; interventional values: coalitions may lie off the data's manifold.",),
    )


def _with_main(found: Solution) -> Array:
    r"""Return matrices whose rows sum to the values.

    .. math:: \Phi_{ij} = \tfrac12 I_{ij}, \qquad \Phi_{ii} = \phi_i - \sum_{j \ne i} \Phi_{ij}

    with :math:`I_{ij}` the Shapley interaction index. Each pair's index is shared equally by its
    two entries, and the diagonal is the main effect: the convention of
    ``shap.TreeExplainer.shap_interaction_values``. The whole matrix sums to
    :math:`f(x) - E f(b)`.

    Parameters
    ----------
    found : Solution
        Values (n, players, ...) and interactions (n, players, players, ...).

    Returns
    -------
    ndarray (n, players, players, ...)

    References
    ----------
    Grabisch and Roubens (1999), doi:10.1007/s001820050125. Lundberg et al. (2020), From local
    explanations to global understanding with explainable AI for trees,
    doi:10.1038/s42256-019-0138-9.
    """
    assert found.interactions is not None
    halves: Array = found.interactions / 2
    each = np.arange(halves.shape[1])
    halves[:, each, each] = 0.0
    halves[:, each, each] = found.values - halves.sum(axis=2)
    return halves


def _check_room(n: int, players: int, outputs: int) -> None:
    """Raise where the matrices would not fit into memory."""
    numbers = n * players**2 * outputs
    if numbers > MOST_NUMBERS:
        raise ValueError(
            f"interactions=True would give {numbers:.3g} numbers, {players:,} × {players:,} for "
            f"each of {n:,} samples and {outputs} outputs; the limit is {MOST_NUMBERS:.3g}. Join "
            "features into players=, or explain fewer samples at once."
        )
