"""Exact interventional Shapley values, through sparsity where the network has the structure."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.exact_cost import cost_of
from explainprune.analysis.attribution.explained import Explained, chosen, picked
from explainprune.analysis.attribution.games.hidden import cutter_of, summed
from explainprune.analysis.attribution.games.interactions import check_room, with_main
from explainprune.analysis.attribution.games.limit import check_cost, within
from explainprune.analysis.attribution.games.whole import enumerated
from explainprune.network import Network
from explainprune.types import Array


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
    weights and differ between x and b: 2^|players of the unit| coalitions instead of 2^d. A unit
    of a convolution counts for each position; pooling and normalisation merge the players of what
    they mix. Networks of layers that aren't known are enumerated whole. Absent features take the
    background row's values, so coalitions may lie off the data's manifold.

    Parameters
    ----------
    network : Network
    x : ndarray (n, inputs)
    background : ndarray (b, inputs)
    targets : ndarray of int (n,), optional
        Explained output of each sample; None: all.
    players : ndarray of int (inputs,)
    interactions : bool
        Give pairwise Shapley interactions as well, from the same enumeration.
    limit : float
        Coalitions, over all pairs, beyond which the method refuses. Of many pairs some are
        counted before any work, the others as they come.

    Raises
    ------
    ValueError
        If more than `limit` coalitions would be enumerated, naming the units that cost most; if
        interactions don't fit into memory.

    References
    ----------
    Shapley (1953). Architectures built for exactness: ShapNets (Wang, Wang and Inouye, ICLR 2021),
    HarsanyiNet (Chen et al., ICML 2023). Here exactness is post-hoc, by pruning.
    """
    x, background = np.asarray(x, np.float64), np.asarray(background, np.float64)
    if interactions:
        check_room(len(x), int(players.max()) + 1, network.n_outputs)
    try:
        cutter = cutter_of(network, players, x)
    except ValueError:
        check_cost(cost_of(network, x, background, players), len(x) * len(background), limit)
        found = enumerated(network, x, background, players, interactions=interactions)
        base = np.asarray(network.outputs(background), np.float64).mean(axis=0)
        note = "The whole network was enumerated"
    else:
        wanted = within(cutter, x, background, limit)
        found = summed(cutter, x, background, interactions=interactions, wanted=wanted)
        base = cutter.terms.network.outputs(background).mean(axis=0)
        note = "One game for each unit that the output is an affine function of"
    return Explained(
        picked(found.values, targets),
        chosen(np.tile(base, (len(x), 1)), targets),
        complete=True,
        interactions=None if found.interactions is None else picked(with_main(found), targets),
        notes=(f"{note}; interventional values: coalitions may lie off the data's manifold.",),
    )
