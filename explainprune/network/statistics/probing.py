"""Layers whose units can be silenced, and followed while the input changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from functools import cache
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.functions.explained_class import as_target, explained
from explainprune.network.graph.nodes import has_graph
from explainprune.network.listing import LayerInfo, prunable_layers
from explainprune.network.protocol import Model, chunks
from explainprune.network.statistics.answers import Answers, beside_rows
from explainprune.network.statistics.data_loss import DataLoss
from explainprune.network.statistics.line import mean_row, points_between
from explainprune.network.statistics.reached import check_way_back
from explainprune.network.statistics.row_statistics import checked_rows, rows_of_class, taken
from explainprune.network.statistics.taps import Tapped, by_units, single_precision
from explainprune.network.tracing.traced import Traced
from explainprune.network.variables import clone, uncompiled_clone
from explainprune.types import Array

FILLS = ("zero", "mean")


class Probe:
    """One hidden layer of a model, with the rows it is probed on: a `Probed`.

    Parameters
    ----------
    model : Tapped
    info : LayerInfo
    loss : callable
        Makes the loss when it is first needed: not every use needs one.
    inputs : list of ndarray
        One for each input of the model.
    y : Answers, ndarray, optional
    target : int, optional
        The class whose logit is followed; None: the one each row is predicted as.
    memory_bytes : int

    Attributes
    ----------
    path : str
    units, rows : int
        How many there are.
    cuts : bool
        Whether all that reaches the output comes through the layer.
    """

    def __init__(
        self,
        model: Tapped,
        info: LayerInfo,
        loss: Callable[[], DataLoss],
        inputs: list[Array],
        y: Any,
        target: int | None = None,
        memory_bytes: int = 2**28,
    ) -> None:
        self.path, self.units, self.rows = info.path, info.units, len(inputs[0])
        self._model, self._info, self._loss = model, info, loss
        self._inputs, self._answers, self._target = inputs, Answers.of(y), target
        self._numbers = memory_bytes // 16 // max(1, model.size)
        self._end = model.end(info.path)
        self.cuts = model.cuts(self._end)
        self._functions: dict[str, Any] = {}

    def on(self, rows: Array | None, target: int | None = None) -> Probe:
        """Return a probe of some of the rows (None: all), with the functions compiled so far."""
        other = copy(self)
        other._inputs, other._answers = taken(self._inputs, self._answers, rows)
        other.rows, other._target = len(other._inputs[0]), target
        return other

    def losses(self, gates: Array, *, fill: str = "zero") -> Array:
        """Return the mean loss with some units silenced: gates (m, units) of 0 and 1 → (m,)."""
        if fill not in FILLS:
            raise ValueError(f"fill is 'zero' or 'mean'. Received: {fill!r}.")
        fills = np.zeros(self.units) if fill == "zero" else self._sums("means") / self.rows
        self._loss()  # its errors are raised here, not while a graph is traced
        given = [tf.constant(np.asarray(a, np.float32)) for a in (gates, fills)]
        return np.asarray(self._sums("losses", *given) / self.rows)

    def along(self, steps: int) -> Iterator[tuple[Array, Array]]:
        """Follow the units from the mean input to each row, in a straight line.

        Raises
        ------
        ValueError
            If an input holds integers, between which there is no line.
        """
        means, function = self._mean_inputs(), self._compiled("along")
        weights = tf.constant(np.linspace(0.0, 1.0, steps + 1))
        for rows in chunks(self.rows, steps + 1, self._numbers):
            given = [tf.constant(part[rows]) for part in self._inputs]
            found = function(given, means, weights, as_target(self._target))
            yield self._each(found, steps + 1)

    def moved(self) -> Array:
        """Return by how much the logit that is followed differs from that of the mean input."""
        means, function = self._mean_inputs(), self._compiled("moved")
        found = []
        for rows in chunks(self.rows, 1, self._numbers):
            given = [tf.constant(part[rows]) for part in self._inputs]
            found.append(function(given, means, as_target(self._target)).numpy())
        return np.concatenate(found)

    def _mean_inputs(self) -> list[Any]:
        for part in self._inputs:
            if part.dtype.kind != "f":
                raise ValueError(f"There is no line between inputs of dtype {part.dtype}.")
        return [tf.constant(mean_row(part, self._answers.weight)) for part in self._inputs]

    def between(self, draws: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Mix the layer's activations on each row x with those on other rows b.

        Each draw of a row takes another b (as far as there are any), and a t from another stratum
        of [0, 1].
        """
        inputs, function = self._inputs, self._compiled("between")
        for rows in chunks(self.rows, draws, self._numbers):
            own = [tf.constant(part[rows]) for part in inputs]
            order = [np.resize(rng.permutation(self.rows), draws) for _ in range(len(own[0]))]
            strata = np.concatenate([rng.permutation(draws) for _ in order])
            others = [tf.constant(part[np.concatenate(order)]) for part in inputs]
            t = tf.constant((strata + rng.random(len(strata))) / draws)
            found = function(own, others, t, as_target(self._target))
            difference, slope = self._each(found, draws)
            if self._answers.weight is not None:
                slope = slope * self._answers.weight[rows][:, None, None, None]
            yield difference, slope

    def _compiled(self, name: str) -> Any:
        """Return one of the traced functions; each is compiled once."""
        if name not in self._functions:
            self._functions[name] = Traced(getattr(self, f"_trace_{name}"))
        return self._functions[name]

    def _sums(self, name: str, *given: Any) -> Array:
        """Add up over all rows what a traced function adds up over some."""
        function, total = self._compiled(name), 0.0
        for rows in chunks(self.rows, 1, self._numbers):
            part = [tf.constant(array[rows]) for array in self._inputs]
            beside = [tf.constant(array[rows]) for array in self._answers.arrays()]
            total = total + function(part, beside, *given).numpy().astype(np.float64)
        return np.asarray(total)

    def _each(self, found: tuple[Any, Any], points: int) -> tuple[Array, Array]:
        """Part rows from the points that were laid behind each other."""
        first, second = (part.numpy() for part in found)
        shape = (-1, points, *first.shape[1:])
        return first.reshape(shape), second.reshape(shape)

    def _trace_means(self, inputs: list[Any], beside: list[Any]) -> Any:
        _, _, weight = self._answers.split([*inputs, *beside])
        values = self._model.graph.run(inputs, self._model.call)
        each = tf.reduce_mean(by_units(self._info, values[self._end]), axis=1)
        each = each if weight is None else each * beside_rows(weight, each)
        return tf.reduce_sum(each, axis=0)

    def _trace_losses(self, inputs: list[Any], beside: list[Any], gates: Any, fills: Any) -> Any:
        """Run up to the layer once, and from there for each row of gates."""
        _, y, weight = self._answers.split([*inputs, *beside])
        loss = self._loss()
        graph, call = self._model.graph, self._model.call
        values = graph.run(inputs, call)
        own = values[self._end]
        labels = loss.own_labels(self._outputs(values)) if y is None else y

        def one(gate: Any) -> Any:
            gate, fill = tf.cast(gate, own.dtype), tf.cast(fills, own.dtype)
            silenced = own * gate + fill * (1 - gate)
            changed = graph.rerun(values, {self._end: silenced}, call)
            return tf.cast(loss(labels, self._outputs(changed), weight, inputs), tf.float64)

        return tf.map_fn(one, gates, fn_output_signature=tf.float64, parallel_iterations=1)

    def _outputs(self, values: dict[int, Any]) -> list[Any]:
        return [values[number] for number in self._model.graph.outputs]

    def _trace_moved(self, rows: list[Any], means: list[Any], target: Any) -> Any:
        graph, call = self._model.graph, self._model.raw_call
        here, there = (self._outputs(graph.run(each, call)) for each in (rows, means))
        best = _explained(here, target)
        moved = [(h - t) * b for h, t, b in zip(here, there, best, strict=True)]
        each = [tf.reduce_sum(m, axis=list(range(1, len(m.shape)))) for m in moved]
        return tf.cast(tf.add_n(each), tf.float64)

    def _trace_along(
        self, rows: list[Any], means: list[Any], weights: Any, target: Any
    ) -> tuple[Any, Any]:
        graph, call = self._model.graph, self._model.raw_call
        best = _explained(self._outputs(graph.run(rows, call)), target)
        points = [points_between(mean, row, weights) for mean, row in zip(means, rows, strict=True)]
        count = tf.shape(weights)[0]
        with tf.GradientTape() as tape:
            values = graph.run(points, call)
            total = _picked(self._outputs(values), [tf.repeat(b, count, axis=0) for b in best])
        check_way_back({self.path: [values[self._end]]}, self._outputs(values))
        slopes = tape.gradient(total, values[self._end], unconnected_gradients="zero")
        return by_units(self._info, values[self._end]), by_units(self._info, slopes)

    def _trace_between(
        self, rows: list[Any], others: list[Any], t: Any, target: Any
    ) -> tuple[Any, Any]:
        graph, call = self._model.graph, self._model.raw_call
        values = graph.run(rows, call)
        draws = tf.shape(t)[0] // tf.shape(rows[0])[0]
        # What isn't read again is pruned from the graph, so repeating all of it costs nothing.
        values = {number: tf.repeat(value, draws, axis=0) for number, value in values.items()}
        here, there = values[self._end], graph.run(others, call)[self._end]
        share = tf.cast(tf.reshape(t, (-1, *[1] * (len(here.shape) - 1))), here.dtype)
        mixed = there + share * (here - there)
        with tf.GradientTape() as tape:
            tape.watch(mixed)
            changed = graph.rerun(values, {self._end: mixed}, call)
            total = _picked(self._outputs(changed), _explained(self._outputs(values), target))
        check_way_back({self.path: [mixed]}, self._outputs(changed))
        slopes = tape.gradient(total, mixed, unconnected_gradients="zero")
        return by_units(self._info, here - there), by_units(self._info, slopes)


def _explained(logits: list[Any], target: Any) -> list[Any]:
    """Return 1 at the logit that is followed of each row and position, 0 elsewhere."""
    return [explained(z, target) for z in logits]


def _picked(logits: list[Any], best: list[Any]) -> Any:
    return tf.add_n([tf.reduce_sum(z * b) for z, b in zip(logits, best, strict=True)])


def probes(
    model: Model, x: Any, y: Any = None, *, target: int | None = None, weight: Array | None = None
) -> dict[str, Probe]:
    """Return a probe of each hidden layer whose units can be removed and that is called once.

    Raises
    ------
    ValueError
        If the model has no layer graph, or rows don't fit it.
    """
    if not has_graph(model):
        raise ValueError(
            f"Units of a subclassed model cannot be silenced. Received: {type(model).__name__}."
        )
    inputs, answers = checked_rows(model, x, y, weight)
    rows = None if target is None else rows_of_class(model, inputs, answers, target)
    inputs, answers = taken(inputs, answers, rows)
    loss = cache(lambda: DataLoss(single_precision(clone(model)), inputs, answers))
    tapped = Tapped(single_precision(uncompiled_clone(model)))
    tapped.check(model, inputs)
    return {
        info.path: Probe(tapped, info, loss, inputs, answers, target)
        for info in prunable_layers(model)
        if info.prunable_units and info.calls == 1 and not info.is_output
    }
