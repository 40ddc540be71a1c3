"""Gradients of what is explained, and integrals along lines from background rows to samples."""

from __future__ import annotations

import numpy as np

from explainprune.network.protocol import Network, chunks
from explainprune.types import Array

_ROWS_AT_ONCE, _NUMBERS_AT_ONCE = 2**14, 2**23
# Points built here stay near the cache: larger blocks are no faster and cost memory.


def path_integrals(
    network: Network,
    x: Array,
    background: Array,
    positions: Array,
    weights: Array,
    targets: Array | None,
) -> tuple[Array, Array]:
    r"""Integrate the gradient from every background row to every sample.

    .. math:: \phi_i(x) = \frac1{|B|} \sum_{b \in B} (x_i - b_i)
              \sum_t w_t \, \partial_i f(b + p_{x,b,t} (x - b))

    Parameters
    ----------
    network : Network
    x : ndarray (n, d)
    background : ndarray (b, d)
    positions : ndarray (n, b, steps)
        Where to evaluate: 0 at the background row, 1 at the sample. A broadcast view will do.
    weights : ndarray (steps,)
        Quadrature weights, which sum to 1.
    targets : ndarray of int (n,), optional
        None: all outputs, from one jacobian pass.

    Returns
    -------
    values : ndarray (n, d) or (n, d, K), float64
    sums : ndarray (n, b) or (n, b, K), float64
        What the values of each path add up to.
    """
    n, b, steps = positions.shape
    outputs = 1 if targets is not None else network.n_outputs
    trailing = () if targets is not None else (outputs,)
    total, sums = np.zeros((n, x.shape[1], *trailing)), np.empty((n * b, *trailing))
    most = min(_ROWS_AT_ONCE // outputs, _NUMBERS_AT_ONCE // (outputs * x.shape[1]))
    limit = min(network.rows_per_call, max(most, 1))
    for chunk in chunks(n * b, steps, limit):
        sample, reference = pairs(chunk, b)
        start = background[reference]
        step = x[sample] - start
        places = positions[sample, reference].astype(step.dtype, copy=False)
        points = places[..., None] * step[:, None]
        points += start[:, None]
        along = slopes(
            network,
            points.reshape(-1, x.shape[1]),
            None if targets is None else np.repeat(targets[sample], steps),
        )
        mean = np.einsum(
            "pt...,t->p...", along.reshape(len(sample), steps, *along.shape[1:]), weights
        )
        parts = per_feature(step, mean)
        sums[chunk] = parts.sum(axis=1, dtype=np.float64)
        add_by_sample(total, sample, parts)
    total /= b
    return total, sums.reshape(n, b, *trailing)


def slopes(network: Network, x: Array, targets: Array | None) -> Array:
    """Return gradients of the explained output: (n, d), or (n, d, K) for all outputs."""
    if targets is None:
        return network.jacobian(x)
    return network.gradients(x, targets)


def per_feature(factor: Array, values: Array) -> Array:
    """Multiply `values` (n, d) or (n, d, K) by one factor for each feature (n, d)."""
    return values * (factor if values.ndim == factor.ndim else factor[..., None])


def pairs(chunk: slice, rows: int) -> tuple[Array, Array]:
    """Return the sample and the background row of each pair in `chunk`, `rows` per sample.

    Pairs are laid flat sample by sample.

    >>> pairs(slice(1, 4), 2)
    (array([0, 1, 1]), array([1, 0, 1]))
    """
    sample, row = np.divmod(np.arange(chunk.start, chunk.stop), rows)
    return sample, row


def add_by_sample(total: Array, sample: Array, parts: Array) -> None:
    """Add each row of `parts` to its sample's row of `total`, in float64; `sample` is sorted."""
    if len(sample) == 0:
        return
    first = np.flatnonzero(np.r_[True, sample[1:] != sample[:-1]])
    total[sample[first]] += np.add.reduceat(parts, first, axis=0, dtype=np.float64)
