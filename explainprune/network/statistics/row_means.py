"""Means over rows, gathered block by block within one compiled call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.protocol import chunks
from explainprune.network.tracing.traced import Traced
from explainprune.types import Array

Means = dict[str, dict[str, Array]]
"""Arrays by layer (or variable) path and name."""

CACHE_BYTES = 2**22
"""What a block of rows may make on its way through a model: sums over what still lies in the
processor's cache cost half of what they do over large batches."""

FEWEST_ROWS = 32
"""Smaller blocks would cost more in matrix products than they save."""

SLAB_BYTES = 2**26
"""How much of the rows is handed over at once."""


class RowMeans:
    """Means over rows of what a compiled function adds up over some of them.

    Parameters
    ----------
    sums : callable
        From one tensor for each array (and what else it is given) to sums over the rows, by path
        and name. Their shapes don't depend on the rows.
    """

    def __init__(self, sums: Callable[..., dict[str, dict[str, Any]]]) -> None:
        self._sums = sums
        self._blocks = Traced(self._trace_blocks)

    def __call__(self, arrays: list[Array], rows_each: int, *more: Any) -> Means:
        """Return the means over the rows of `arrays` (n, ...), `rows_each` of them at a time.

        `more` is the same for each block.
        """
        totals: Means = {}
        n = len(arrays[0])
        slab = max(rows_each, SLAB_BYTES // max(1, sum(a[:1].nbytes for a in arrays)))
        size = tf.constant(rows_each)
        for part in chunks(n, 1, slab):
            found = self._blocks([tf.constant(a[part]) for a in arrays], size, list(more))
            for path, values in found.items():
                held = totals.setdefault(path, {})
                for name, value in values.items():
                    held[name] = held.get(name, 0) + value.numpy()
        return {path: {name: v / n for name, v in held.items()} for path, held in totals.items()}

    def _trace_blocks(self, arrays: list[Any], size: Any, more: list[Any]) -> Any:
        """Add up in float64 what each block gives, in one TensorFlow loop."""
        n = tf.shape(arrays[0])[0]
        sums = tf.function(self._sums, autograph=False)

        def block(start: Any) -> list[Any]:
            return [part[start : start + size] for part in arrays]

        shapes = sums.get_concrete_function(*block(0), *more).structured_outputs
        zeros = tf.nest.map_structure(lambda t: tf.zeros(t.shape, tf.float64), shapes)

        def body(start: Any, totals: Any) -> tuple[Any, Any]:
            found = sums(*block(start), *more)
            added = tf.nest.map_structure(lambda t, f: t + tf.cast(f, t.dtype), totals, found)
            return start + size, added

        return tf.while_loop(
            lambda start, _: start < n, body, (tf.constant(0), zeros), parallel_iterations=1
        )[1]


def rows_in_cache(numbers: int, most: int) -> int:
    """Return how many rows to run at a time, each of which makes so many numbers; `most` at most.

    >>> rows_in_cache(2**14, 1000), rows_in_cache(2**30, 1000), rows_in_cache(2**30, 8)
    (64, 32, 8)
    """
    return min(most, max(FEWEST_ROWS, CACHE_BYTES // (4 * max(1, numbers))))


def over_places(values: Any) -> Any:
    """Add up (..., units) over all but the last axis, by a product with ones: (units,)."""
    flat = tf.reshape(values, (-1, values.shape[-1]))
    return tf.matmul(tf.ones((1, tf.shape(flat)[0]), flat.dtype), flat)[0]
