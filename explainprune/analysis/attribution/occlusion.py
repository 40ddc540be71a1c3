"""Occlusion: what is lost when one player is replaced by the background."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.coalition_values import coalition_values
from explainprune.analysis.attribution.explained import (
    Explained,
    base_output,
    explained_output,
)
from explainprune.analysis.attribution.players import n_players
from explainprune.network import Network
from explainprune.types import Array


def occlusion(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    players: Array,
) -> Explained:
    r"""Replace one player at a time by background rows and measure what the output loses.

    .. math:: \phi_p(x) = f(x) - \frac1{|B|} \sum_{b \in B} f(x_{\bar p}, b_p)

    Forward passes only, ``players × background`` of them for each sample. Every player is removed
    from the full input, so what two players only do together is counted for both.

    Parameters
    ----------
    network : Network
    x : ndarray (n, d)
    background : ndarray (b, d)
    targets : ndarray of int (n,), optional
        None: all outputs.
    players : ndarray of int (d,)

    Returns
    -------
    Explained
        One value per player, in units of the output.

    References
    ----------
    Zeiler & Fergus 2014, arXiv:1311.2901; Covert, Lundberg, Lee 2021, arXiv:2011.14878 (removal
    with a background).

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: 5 * x[:, 0] + x[:, 1] * x[:, 2], 3)
    >>> occlusion(network, np.ones((1, 3)), np.zeros((1, 3)), np.array([0]),
    ...           players=np.arange(3)).values
    array([[5., 1., 1.]])
    """
    without = players != np.arange(n_players(players))[:, None]
    kept = coalition_values(network, x, background, without, targets)
    full = explained_output(network, x, targets)
    return Explained(full[:, None] - kept, base_output(network, background, targets, len(x)))
