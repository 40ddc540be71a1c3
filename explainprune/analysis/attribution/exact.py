"""Exact interventional Shapley values, through sparsity where the network has the structure."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.exact_cost import ExactCost, cost_of, cost_of_games
from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.games import shapley
from explainprune.analysis.attribution.hidden_games import hidden_games
from explainprune.network import Network, chunks
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
    try:
        games = hidden_games(network, players)
    except ValueError:
        _check(cost_of(network, x, background, players), len(x) * len(background), limit)
        values, base = _enumerated(network, x, background, players)
        note = "The whole network was enumerated"
    else:
        _check(cost_of_games(games, x, background), len(x) * len(background), limit)
        values = games.values(x, background)
        base = np.tile(games.stack.outputs(background).mean(axis=0), (len(x), 1))
        note = f"One game for each of {games.head.shape[0]} units of the last hidden layer"
    if targets is not None:
        picked = np.arange(len(x)), targets
        values, base = values[picked[0], :, picked[1]], base[picked]
    notes = (f"{note}; interventional values: coalitions may lie off the data's manifold.",)
    return Explained(values, base, complete=True, notes=notes)


def _check(cost: ExactCost, pairs: int, limit: float) -> None:
    if cost.total * pairs <= limit:
        return
    advice = (
        "Prune further (fan_in:K or budget={'exact_cost': …}), take fewer samples or background "
        "rows, raise limit=, or use method='expected_gradients' or 'permutation'."
    )
    if cost.why_not:
        blame = f"The network is enumerated whole because {cost.why_not}"
    else:
        dearest = np.argsort(-cost.units, kind="stable")[:3]
        listed = ", ".join(f"{cost.layer}[{j}]: {cost.units[j]:,.3g}" for j in dearest)
        blame = f"The dearest units: {listed}"
    raise ValueError(
        f"method='exact' would enumerate {cost.total * pairs:.3g} coalitions ({cost.total:,.3g} "
        f"for each of {pairs:,} pairs of sample and background row); the limit is {limit:.3g}. "
        f"{blame}. {advice}"
    )


def _enumerated(
    network: Network, x: Array, background: Array, players: Array
) -> tuple[Array, Array]:
    """Enumerate all coalitions of a network without structure, a few samples at a time."""
    n_players = int(players.max()) + 1
    present = ((np.arange(2**n_players)[:, None] >> np.arange(n_players)) & 1).astype(bool)
    columns = present[:, players]
    values = np.empty((len(x), n_players, network.n_outputs))
    for part in chunks(len(x), len(columns) * len(background), network.rows_per_call):
        rows = np.where(columns[:, None, None], x[part][None, :, None], background[None, None])
        found = network.outputs(rows.reshape(-1, x.shape[1]))
        games = found.reshape(len(columns), -1, len(background), network.n_outputs)
        mean = games.mean(axis=2, dtype=np.float64).reshape(len(columns), -1)
        values[part] = shapley(mean).T.reshape(-1, network.n_outputs, n_players).swapaxes(1, 2)
    base = np.asarray(network.outputs(background), np.float64).mean(axis=0)
    return values, np.tile(base, (len(x), 1))
