"""How much of an output's value each unit passed on, by the rules of the attribution method lrp."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.copies import check_copy
from explainprune.network.functions.explained_class import as_target, explained
from explainprune.network.functions.logits import find_head
from explainprune.network.graph.graph import read_graph
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.network.statistics.answers import beside_rows
from explainprune.network.statistics.reached import NoWayBack
from explainprune.network.statistics.row_means import RowMeans, rows_in_cache
from explainprune.network.statistics.taps import by_units
from explainprune.network.walks.relevance.rules import CONSTANT, Relevance
from explainprune.network.walks.unrolling import unrolled
from explainprune.network.walks.walk import Walk
from explainprune.types import Array

EPSILON = 1e-6
"""Keeps quotients finite; relative to the largest number that a layer made of the sample."""


class UnitRelevance:
    """``E |Σ_positions R|`` of each unit (units,), by layer path.

    The relevance R of a class starts as its logit and goes back through the operations of the
    traced model, as it does for the attribution method `lrp`; it is read where a layer ends, its
    own activation function included. Bach et al., "On pixel-wise explanations for non-linear
    classifier decisions by layer-wise relevance propagation", 2015,
    doi:10.1371/journal.pone.0130140.

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional.
    layers : collection of LayerInfo
    rule : str
        A name in ``RULES``.
    """

    def __init__(self, model: Model, layers: Collection[LayerInfo], rule: str) -> None:
        self._model, self._rule = model, rule
        self._graph = read_graph(model)
        self._infos = {info.path: info for info in layers if info.prunable_units and info.calls}
        numbers = sum(math.prod(side or 1 for side in s) for s in self._graph.shapes)
        self._rows = rows_in_cache(numbers, max(1, min(1024, 2**24 // numbers)))
        self._means = RowMeans(self._sums)
        self._checked = False

    def __call__(
        self, inputs: list[Array], target: int | None = None, weight: Array | None = None
    ) -> dict[str, Array]:
        """Return it over rows: of one class's logit, or of the class each row is predicted as."""
        if not self._checked:
            check_copy(self._model, self._outputs, inputs, "The graph that hands relevance back")
            self._checked = True
        weight = np.ones(len(inputs[0]), np.float32) if weight is None else weight
        found = self._means([*inputs, weight], self._rows, as_target(target))
        return {path: values[""] for path, values in found.items()}

    def _run(self, rows: list[Any]) -> dict[int, Any]:
        """Compute every tensor, loops written out, by number."""
        with keras.StatelessScope(), unrolled(layers_inside(self._model)):
            return self._graph.run(rows)

    def _outputs(self, rows: list[Any]) -> list[Any]:
        values = self._run(rows)
        return [values[number] for number in self._graph.outputs]

    def _sums(self, *tensors: Any) -> dict[str, dict[str, Any]]:
        *rows, weight, target = tensors
        found: dict[str, dict[str, Any]] = {}
        for path, relevance in self._relevance(rows, target).items():
            each = by_units(self._infos[path], relevance[0])
            total = tf.reduce_sum(each, axis=1)
            for more in relevance[1:]:  # a layer called twice has its relevance in two places
                total += tf.reduce_sum(by_units(self._infos[path], more), axis=1)
            size = tf.abs(total)
            found[path] = {"": tf.reduce_sum(size * beside_rows(weight, size), axis=0)}
        return found

    def _relevance(self, rows: list[Any], target: Any) -> dict[str, list[Any]]:
        """Return what arrives where each call of each layer ends, by path."""
        values = self._run(rows)
        made = {
            path: [values[call.outputs[0]] for call in self._graph.of_layer[path]]
            for path in self._infos
        }
        read = tuple(tensor for tensors in made.values() for tensor in tensors)
        logits = [find_head(values[number]).logits for number in self._graph.outputs]
        walk = Walk(rows, logits, CONSTANT)
        relevance = Relevance(walk, self._rule, read)
        walk.plan(relevance, read)
        found = walk.back([each * explained(each, target) for each in logits], EPSILON)
        arrived = {
            path: [each for t in tensors if (each := _at(t, relevance, found)) is not None]
            for path, tensors in made.items()
        }
        for path in [path for path, each in arrived.items() if not each]:
            raise NoWayBack(
                f"No relevance reaches layer {path!r}: an operation that hands nothing on lies "
                "between it and the outputs. Its scores would be zero."
            )
        return arrived


def _at(tensor: Any, relevance: Relevance, found: dict[Any, Any]) -> Any:
    """Return what arrived at a tensor; of probabilities at an output, at their logits."""
    there = relevance.at(tensor, found)
    return relevance.at(find_head(tensor).logits, found) if there is None else there
