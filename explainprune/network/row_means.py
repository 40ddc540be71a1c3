"""Means over rows that don't fit into one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.protocol import chunks
from explainprune.types import Array

Means = dict[str, dict[str, Array]]
"""Arrays by layer (or variable) path and name."""


def row_means(
    sums: Callable[..., dict[str, dict[str, Any]]], arrays: list[Array], rows_per_call: int
) -> Means:
    """Compile `sums`, which adds up over the rows of its arguments; return the means over all rows.

    Parameters
    ----------
    sums : callable
        From one tensor for each array to sums over its rows, by path and name.
    arrays : list of ndarray (n, ...)
    rows_per_call : int
    """
    specs = [tf.TensorSpec((None, *a.shape[1:]), a.dtype) for a in arrays]
    function = tf.function(sums, input_signature=specs, autograph=False)
    totals: Means = {}
    n = len(arrays[0])
    for part in chunks(n, 1, rows_per_call):
        for path, values in function(*[tf.constant(a[part]) for a in arrays]).items():
            held = totals.setdefault(path, {})
            for name, value in values.items():
                held[name] = held.get(name, 0) + value.numpy().astype(np.float64)
    return {path: {name: v / n for name, v in held.items()} for path, held in totals.items()}
