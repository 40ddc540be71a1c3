"""What happens at every unit on the straight line from the mean input to each row, in one pass."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.functions.explained_class import as_target, explained
from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model, chunks
from explainprune.network.statistics.answers import beside_rows
from explainprune.network.statistics.reached import check_way_back
from explainprune.network.statistics.row_means import Means, over_places, rows_in_cache
from explainprune.network.statistics.taps import Tapped, by_units, single_precision
from explainprune.network.statistics.unit_sums import wide
from explainprune.network.tracing.traced import Traced
from explainprune.network.variables import uncompiled_clone
from explainprune.types import Array

STEPS = 32
"""Into how many the line is cut; integrals are taken by the trapezoid rule, both ends included."""

FEWEST_LINES = 8


class Line:
    """Integrals along the line, of every hidden layer that is called once, from the same gradients.

    F is the logit of the class that a row is predicted as, or of a target; a a unit's activation.

    ========================  =====================================================
    ``"line_conductance"``    ``E |Σ_positions ∫ ∂F/∂a da|`` (units,)
    ``"line_influence"``      ``E |Σ_positions ∫ ∂F/∂a dt|`` (units,), t from 0 to 1
    ``"line_gap"``            ``max |Σ_units ∫ ∂F/∂a da − ΔF| / max |ΔF|``; NaN where the
                              layer doesn't cut the network, so that they needn't be equal
    ========================  =====================================================

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional.
    layers : collection of LayerInfo
    memory_bytes : int
    """

    def __init__(
        self, model: Model, layers: Collection[LayerInfo], memory_bytes: int = 2**28
    ) -> None:
        self._of: Model | None = model
        self._model = Tapped(single_precision(uncompiled_clone(model)))
        self._infos = [i for i in layers if i.prunable_units and i.calls == 1 and not i.is_output]
        self._ends = [self._model.end(info.path) for info in self._infos]
        self._cuts = [self._model.cuts(end) for end in self._ends]
        points = rows_in_cache(self._model.size, memory_bytes // 16 // max(1, self._model.size))
        # So that a call is worth its while; but what memory holds comes first.
        most = memory_bytes // 16 // max(1, self._model.size) // (STEPS + 1)
        self._rows = max(1, min(most, max(FEWEST_LINES, points // (STEPS + 1))))
        self._function = Traced(self._trace)

    def __call__(
        self, inputs: list[Array], target: int | None = None, weight: Array | None = None
    ) -> Means:
        """Return them over rows, by layer path.

        Raises
        ------
        ValueError
            If an input holds integers, between which there is no line.
        """
        for part in inputs:
            if part.dtype.kind != "f":
                raise ValueError(f"There is no line between inputs of dtype {part.dtype}.")
        if self._of is not None:
            self._model.check(self._of, inputs)
            self._of = None
        weight = np.ones(len(inputs[0]), np.float32) if weight is None else weight
        means = [tf.constant(mean_row(part, weight)) for part in inputs]
        sums = [np.zeros((2, info.units)) for info in self._infos]
        moved, totals = [], []
        for rows in chunks(len(inputs[0]), 1, self._rows):
            given = [tf.constant(part[rows]) for part in inputs]
            shares = tf.constant(weight[rows])
            change, each = self._function(given, means, as_target(target), shares)
            moved.append(change.numpy())
            totals.append([total.numpy() for _, _, total in each])
            for held, (conductance, influence, _) in zip(sums, each, strict=True):
                held += [conductance.numpy(), influence.numpy()]
        change, n = np.concatenate(moved), len(inputs[0])
        found: Means = {}
        for number, info in enumerate(self._infos):
            conductance, influence = sums[number] / n
            total = np.concatenate([part[number] for part in totals])
            counts = weight > 0
            gap = _gap(total[counts], change[counts]) if self._cuts[number] else np.array(np.nan)
            found[info.path] = {
                "line_conductance": conductance,
                "line_influence": influence,
                "line_gap": gap,
            }
        return found

    def _trace(
        self, rows: list[Any], means: list[Any], target: Any, weight: Any
    ) -> tuple[Any, Any]:
        graph, call = self._model.graph, self._model.raw_call
        run = graph.run(rows, call)
        best = [explained(run[number], target) for number in graph.outputs]
        shares = tf.linspace(0.0, 1.0, STEPS + 1)
        points = [points_between(mean, row, shares) for mean, row in zip(means, rows, strict=True)]
        with tf.GradientTape() as tape:
            values = graph.run(points, call)
            picked = [
                values[number] * tf.repeat(b, STEPS + 1, axis=0)
                for number, b in zip(graph.outputs, best, strict=True)
            ]
            total = tf.add_n([tf.reduce_sum(part) for part in picked])
        starts = {i.path: [values[e]] for i, e in zip(self._infos, self._ends, strict=True)}
        check_way_back(starts, [values[number] for number in graph.outputs])
        slopes = tape.gradient(total, [values[e] for e in self._ends], unconnected_gradients="zero")
        logits = [tf.reshape(part, (-1, STEPS + 1, _size(part))) for part in picked]
        change = tf.add_n(
            [tf.reduce_sum(tf.cast(z[:, -1] - z[:, 0], tf.float64), axis=1) for z in logits]
        )
        laid = zip(self._infos, self._ends, slopes, strict=True)
        return change, [_integrals(info, values[end], slope, weight) for info, end, slope in laid]


def _size(values: Any) -> Any:
    """Count the numbers of one row."""
    return tf.reduce_prod(tf.shape(values)[1:])


def _integrals(info: LayerInfo, activation: Any, slope: Any, weight: Any) -> tuple[Any, Any, Any]:
    """Return weighted sums over rows of both integrals' sizes, and each row's over the units."""
    a, g = (wide(by_units(info, part, exact=False)) for part in (activation, slope))
    shape = (-1, STEPS + 1, tf.shape(a)[1], info.units)
    a, g = tf.reshape(a, shape), tf.reshape(g, shape)
    middle = (g[:, 1:] + g[:, :-1]) / 2
    conductance = tf.reduce_sum(middle * (a[:, 1:] - a[:, :-1]), axis=(1, 2))
    influence = tf.reduce_sum(middle, axis=(1, 2)) / STEPS
    sizes = [tf.abs(part) * beside_rows(weight, part) for part in (conductance, influence)]
    sums = (tf.cast(over_places(size), tf.float64) for size in sizes)
    return *sums, tf.reduce_sum(tf.cast(conductance, tf.float64), axis=1)


def _gap(total: Array, change: Array) -> Array:
    """Return the largest difference of two vectors over the largest of the second."""
    largest = np.abs(change).max()
    return np.asarray(np.abs(total - change).max() / largest if largest > 0 else 0.0)


def mean_row(part: Array, weight: Array | None) -> Array:
    """Return the (weighted) mean of rows, as a row."""
    if weight is None or (weight == weight[0]).all():
        return np.asarray(part.mean(axis=0, keepdims=True))
    mean = np.average(part, axis=0, weights=weight)[None]
    return np.asarray(mean, part.dtype)


def points_between(start: Any, end: Any, shares: Any) -> Any:
    """Lay the points between two rows behind each other: (n, ...) → (n · points, ...)."""
    share = tf.cast(tf.reshape(shares, (1, -1, *[1] * (len(end.shape) - 1))), end.dtype)
    points = start[:, None] + share * (end - start)[:, None]
    return tf.reshape(points, (-1, *end.shape[1:]))
