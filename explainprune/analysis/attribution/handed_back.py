"""Values that a network hands back from each explained output, within its memory bound."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import for_each_output
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

    def values_of(each: Array) -> Array:
        values = np.empty(x.shape)
        for part in chunks(len(x), 1, min(back.rows_per_call, network.rows_per_call)):
            values[part] = back(x[part], each[part])
        return values

    return for_each_output(values_of, targets, len(x), network.n_outputs)
