"""Pairs of a sample and a background row, laid flat sample by sample."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def pairs(chunk: slice, rows: int) -> tuple[Array, Array]:
    """Return the sample and the background row of each pair in `chunk`, `rows` per sample.

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
