"""Means over rows that don't fit into one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.protocol import chunks
from explainprune.network.tracing.traced import Traced
from explainprune.types import Array

Means = dict[str, dict[str, Array]]
"""Arrays by layer (or variable) path and name."""


class RowMeans:
    """Means over rows of what a compiled function adds up over some of them.

    Parameters
    ----------
    sums : callable
        From one tensor for each array (and what else it is given) to sums over the rows, by path
        and name.
    """

    def __init__(self, sums: Callable[..., dict[str, dict[str, Any]]]) -> None:
        self._sums = Traced(sums)

    def __call__(self, arrays: list[Array], rows_per_call: int, *more: Any) -> Means:
        """Return the means over the rows of `arrays` (n, ...); `more` is the same in each call."""
        totals: Means = {}
        n = len(arrays[0])
        for part in chunks(n, 1, rows_per_call):
            found = self._sums(*[tf.constant(a[part]) for a in arrays], *more)
            for path, values in found.items():
                held = totals.setdefault(path, {})
                for name, value in values.items():
                    held[name] = held.get(name, 0) + value.numpy().astype(np.float64)
        return {path: {name: v / n for name, v in held.items()} for path, held in totals.items()}
