"""Which units are constant on given rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.functions.inputs import pack
from explainprune.network.functions.signature import signature_of
from explainprune.network.graph.graph import read_graph
from explainprune.network.protocol import Model
from explainprune.network.shrinking.tracing import UnitGraph
from explainprune.network.tracing.traced import traced as trace_once
from explainprune.types import Array

_ROWS_PER_CALL = 64


def observe(model: Model, traced: UnitGraph, x: Any) -> dict[int, Array]:
    """Return, for each tensor, the value of every unit that is the same in all rows and places.

    Parameters
    ----------
    model : keras.Model
        The model that was traced, or a copy with other weights.
    traced : UnitGraph
    x : ndarray or dict of str to ndarray
        Rows as the model takes them.

    Returns
    -------
    dict of int to ndarray
        By tensor number, along its unit axis; NaN where the value varies.
    """
    watched = _watched(traced)
    ranges: dict[int, tuple[Array, Array]] = {}
    for lows, highs in _chunks(model, traced, x, watched):
        for i, low, high in zip(watched, lows, highs, strict=True):
            before = ranges.get(i, (low, high))
            ranges[i] = (np.minimum(before[0], low), np.maximum(before[1], high))
    return {
        i: np.where(low == high, low, np.nan).astype(np.float64)
        for i, (low, high) in ranges.items()
    }


def _watched(traced: UnitGraph) -> list[int]:
    """Tensors that some call writes and that have a unit which might go."""
    written = [i for placed in traced.placed for i in placed.call.outputs]
    fixed = np.isin(np.arange(traced.groups.max(initial=-1) + 1), list(traced.fixed))
    return [i for i in written if traced.units[i].axis > 0 and not fixed[traced.groups_of(i)].all()]


def _chunks(
    model: Model, traced: UnitGraph, x: Any, watched: list[int]
) -> Iterator[tuple[list[Array], list[Array]]]:
    graph, signature = read_graph(model), signature_of(model, x)
    flat = pack(x, signature.parts, signature.dtype)

    def lowest_and_highest(rows: Any) -> Any:
        values = graph.run(signature.split(rows))
        found = []
        for i in watched:
            axes = [a for a in range(len(values[i].shape)) if a != traced.units[i].axis]
            found.append((tf.reduce_min(values[i], axes), tf.reduce_max(values[i], axes)))
        return found

    spec = tf.TensorSpec((None, flat.shape[1]), flat.dtype)
    compiled = trace_once(lowest_and_highest, spec)
    for start in range(0, len(flat) if watched else 0, _ROWS_PER_CALL):
        found = compiled(tf.constant(flat[start : start + _ROWS_PER_CALL]))
        yield [low.numpy() for low, _ in found], [high.numpy() for _, high in found]
