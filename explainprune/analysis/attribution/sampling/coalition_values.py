"""What a coalition of players is worth: the mean output with the others from the background."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import chosen
from explainprune.analysis.attribution.sampling.mixing import mixed
from explainprune.network import Network, chunks
from explainprune.network.integrals import pairs
from explainprune.types import Array

_NUMBERS_AT_ONCE = 2**21


def coalition_values(
    network: Network, x: Array, background: Array, masks: Array, targets: Array | None
) -> Array:
    r"""Evaluate every coalition for every sample, with forward passes only.

    .. math:: v_x(S) = \frac1{|B|} \sum_{b \in B} f(x_S, b_{\bar S})

    Parameters
    ----------
    network : Network
    x : ndarray (n, d)
    background : ndarray (b, d)
    masks : ndarray of bool (m, d)
        Features that come from the sample; the others come from a background row.
    targets : ndarray of int (n,), optional
        None: all outputs.

    Returns
    -------
    ndarray (n, m) or (n, m, K), float64
    """
    n, m, b = len(x), len(masks), len(background)
    kept = () if targets is not None else (network.n_outputs,)
    worth = np.empty((n * m, *kept))
    for chunk in chunks(n * m, b, rows_at_once(network, *kept)):
        sample, coalition = pairs(chunk, m)
        rows = mixed(masks[coalition][:, None], x[sample][:, None], background)
        own = None if targets is None else np.repeat(targets[sample], b)
        outputs = chosen(network.outputs(rows.reshape(-1, x.shape[1])), own)
        worth[chunk] = outputs.reshape(len(sample), b, *outputs.shape[1:]).mean(axis=1)
    return worth.reshape(n, m, *worth.shape[1:])


def rows_at_once(network: Network, outputs: int = 1) -> int:
    """Bound the rows that are built before a call, so many outputs of each of which are kept.

    By the network's bound, and a few megabytes.
    """
    numbers = max(network.n_inputs, outputs)
    return min(network.rows_per_call, max(1, _NUMBERS_AT_ONCE // numbers))
