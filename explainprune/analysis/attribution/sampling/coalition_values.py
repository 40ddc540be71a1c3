"""What a coalition of players is worth: the mean output with the others from the background."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explainprune.analysis.attribution.explained import chosen
from explainprune.analysis.attribution.sampling.mixing import mixed
from explainprune.network import Network, chunks
from explainprune.network.integrals import pairs
from explainprune.types import Array

_NUMBERS_AT_ONCE = 2**21
FEW = 8
"""Where at most one number in so many is removed, rows are copied and written over."""


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
    worth, built = np.empty((n * m, *kept)), _builder(x, background, masks)
    for chunk in chunks(n * m, b, rows_at_once(network, *kept)):
        sample, coalition = pairs(chunk, m)
        rows = built(sample, coalition)
        own = None if targets is None else np.repeat(targets[sample], b)
        outputs = chosen(network.outputs(rows.reshape(-1, x.shape[1])), own)
        worth[chunk] = outputs.reshape(len(sample), b, *outputs.shape[1:]).mean(axis=1)
    return worth.reshape(n, m, *worth.shape[1:])


def _builder(x: Array, background: Array, masks: Array) -> Callable[[Array, Array], Array]:
    """Return what builds rows (pairs, b, d) from the sample and the coalition of each pair."""
    removed = ~masks
    if FEW * removed.sum() > masks.size or x.dtype != background.dtype:
        return lambda sample, coalition: mixed(
            masks[coalition][:, None], x[sample][:, None], background
        )
    features, counts = np.nonzero(removed)[1], removed.sum(axis=1)
    first, b = np.cumsum(counts) - counts, len(background)

    def built(sample: Array, coalition: Array) -> Array:
        # Rows are copied as they are, and only what is removed is written over.
        rows: Array = x[np.repeat(sample, b)].reshape(len(sample), b, x.shape[1])
        count = counts[coalition]
        pair = np.repeat(np.arange(len(sample)), count)
        start = first[coalition] - np.cumsum(count) + count
        feature = features[np.repeat(start, count) + np.arange(len(pair))]
        rows[pair, :, feature] = background.T[feature]
        return rows

    return built


def rows_at_once(network: Network, outputs: int = 1) -> int:
    """Bound the rows that are built before a call, so many outputs of each of which are kept.

    By the network's bound, and a few megabytes.
    """
    numbers = max(network.n_inputs, outputs)
    return min(network.rows_per_call, max(1, _NUMBERS_AT_ONCE // numbers))
