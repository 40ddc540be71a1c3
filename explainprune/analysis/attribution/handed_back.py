"""Values that a network hands back from each explained output, within its memory bound."""

from __future__ import annotations

import numpy as np

from explainprune.network import HandedBack, Network, chunks
from explainprune.types import Array


def handed_back(back: HandedBack, network: Network, x: Array, targets: Array | None) -> Array:
    """Hand back from output ``targets[i]`` of row i, or from all outputs one after another.

    Parameters
    ----------
    back : HandedBack
    network : Network
        For its bound on rows.
    x : ndarray (n, d)
    targets : ndarray of int (n,), optional

    Returns
    -------
    ndarray (n, d) or (n, d, K), float64
    """
    if targets is None:
        every = [np.full(len(x), output) for output in range(network.n_outputs)]
        return np.stack([handed_back(back, network, x, each) for each in every], axis=-1)
    values = np.empty(x.shape)
    for part in chunks(len(x), 1, min(back.rows_per_call, network.rows_per_call)):
        values[part] = back(x[part], targets[part])
    return values
