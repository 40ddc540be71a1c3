"""Exact interventional Shapley values, through sparsity where the network has the structure."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.coalition_values import rows_at_once
from explainprune.analysis.attribution.exact_cost import ExactCost, cost_of, cost_of_games
from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.games import solve
from explainprune.analysis.attribution.hidden_games import cutter_of, summed
from explainprune.network import Network
from explainprune.types import Array


def exact(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    players: Array,
    limit: float = 2e9,
) -> Explained:
    r"""Compute exact interventional Shapley values, in float64.

    .. math:: \phi_i(x) = \frac{1}{|B|} \sum_{b \in B} \sum_j w_j\, \phi_i(g_j; x, b)

    Where the output is affine in the last hidden units g_j, linearity splits the game into one
    for each unit, and the dummy axiom leaves it only the players that reach the unit through live
    weights and differ between x and b: 2^|players of the unit| coalitions instead of 2^d. Other
    networks are enumerated whole. Absent features take the background row's values, so coalitions
    may lie off the data's manifold.

    Parameters
    ----------
    network : Network
    x : ndarray (n, inputs)
    background : ndarray (b, inputs)
    targets : ndarray of int (n,), optional
        Explained output of each sample; None: all.
    players : ndarray of int (inputs,)
    limit : float
        Coalitions, over all pairs, beyond which the method refuses.

    Raises
    ------
    ValueError
        If more than `limit` coalitions would be enumerated, naming the units that cost most.

    References
    ----------
    Shapley (1953). Architectures built for exactness: ShapNets (Wang, Wang and Inouye, ICLR 2021),
    HarsanyiNet (Chen et al., ICML 2023). Here exactness is post-hoc, by pruning.
    """
    x, background = np.asarray(x, np.float64), np.asarray(background, np.float64)
    pairs = len(x) * len(background)
    try:
        cutter = cutter_of(network, players)
    except ValueError:
        check_cost(cost_of(network, x, background, players), pairs, limit)
        values, base = _enumerated(network, x, background, players)
        note = "The whole network was enumerated"
    else:
        check_cost(cost_of_games(cutter, x, background), pairs, limit)
        values = summed(cutter, x, background).values
        base = cutter.terms.network.outputs(background).mean(axis=0)
        note = "One game for each unit that the output is an affine function of"
    base = np.tile(base, (len(x), 1))
    if targets is not None:
        picked = np.arange(len(x)), targets
        values, base = values[picked[0], :, picked[1]], base[picked]
    notes = (f"{note}; interventional values: coalitions may lie off the data's manifold.",)
    return Explained(values, base, complete=True, notes=notes)


def check_cost(cost: ExactCost, pairs: int, limit: float) -> None:
    """Raise if all pairs together cost more than `limit`, naming what costs most."""
    if cost.total * pairs <= limit:
        return
    if cost.why_not:
        blame = f"The network is enumerated whole because {cost.why_not}"
    else:
        listed = ", ".join(f"{name}: {units:,.3g}" for name, units in cost.dearest().items())
        blame = f"The dearest units: {listed}"
    raise ValueError(
        f"method='exact' would enumerate {cost.total * pairs:.3g} coalitions ({cost.total:,.3g} "
        f"for each of {pairs:,} pairs of sample and background row); the limit is {limit:.3g}. "
        f"{blame}. Prune further (fan_in:K or budget={{'exact_cost': …}}), take fewer samples or "
        "background rows, raise limit=, or use method='hybrid', 'expected_gradients' or "
        "'permutation'."
    )


def _enumerated(
    network: Network, x: Array, background: Array, players: Array
) -> tuple[Array, Array]:
    """Enumerate all coalitions of a network without structure, sample by sample, in blocks."""
    n_players = int(players.max()) + 1
    room = max(1, rows_at_once(network) // len(background))
    inner = min(n_players, room.bit_length() - 1)
    bits = np.arange(n_players)

    def values_of(sample: Array) -> Array:
        def worth(block: int) -> Array:
            coalitions = (block << inner) + np.arange(2**inner)
            present = (coalitions[:, None] >> bits & 1).astype(bool)[:, players]
            rows = np.where(present[:, None], sample, background).reshape(-1, len(sample))
            found = network.outputs(rows).reshape(len(present), len(background), -1)
            return np.asarray(found.mean(axis=1, dtype=np.float64))

        return solve(worth, n_players, inner).values

    values = np.stack([values_of(sample) for sample in x])
    return values, np.asarray(network.outputs(background), np.float64).mean(axis=0)
