"""Layer-wise relevance propagation: how much of an output's value each unit passed on."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.explained_class import as_target, explained
from explainprune.network.graph.graph import Call, Graph, in_inference, read_graph
from explainprune.network.layers.families import CONVOLUTIONS, DEPTHWISE, TRANSPOSED
from explainprune.network.layers.linking import is_each_place
from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.network.statistics.answers import beside_rows
from explainprune.network.statistics.positive import over, positive_parts, shared_by_positive
from explainprune.network.statistics.reached import NoWayBack
from explainprune.network.statistics.row_means import RowMeans, rows_in_cache
from explainprune.network.statistics.taps import MIXES, by_units, chains, take_activations
from explainprune.network.variables import uncompiled_clone
from explainprune.types import Array


class Relevance:
    """``E |Σ_positions R|`` of each unit (units,), by layer path.

    The relevance R of a class starts as its logit and is handed back layer by layer,
    ``R_i = Σ_j (q_ij / Σ_i q_ij) R_j``, with ``q_ij = a_i w_ij`` (``"epsilon"``, where a bias keeps
    its share) or ``q_ij = max(a_i w_ij, 0)`` (``"zplus"``): what the attribution method `lrp` means
    by these words. Activation functions pass it on, the factors of a product get half each, and
    batch normalisation right behind a layer counts as part of its weights. Anything else shares by
    ``input · gradient``. Bach et al., "On pixel-wise explanations for non-linear classifier
    decisions by layer-wise relevance propagation", 2015, doi:10.1371/journal.pone.0130140.

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional.
    layers : collection of LayerInfo
    rule : str
        ``"epsilon"`` or ``"zplus"``.
    """

    def __init__(self, model: Model, layers: Collection[LayerInfo], rule: str) -> None:
        self._back = _Propagation(model, rule)
        self._infos = {info.path: info for info in layers if info.prunable_units and info.calls}
        self._means = RowMeans(self._sums)

    def __call__(
        self, inputs: list[Array], target: int | None = None, weight: Array | None = None
    ) -> dict[str, Array]:
        """Return it over rows: of one class's logit, or of the class each row is predicted as."""
        weight = np.ones(len(inputs[0]), np.float32) if weight is None else weight
        found = self._means([*inputs, weight], self._back.rows_per_call, as_target(target))
        return {path: values[""] for path, values in found.items()}

    def _sums(self, *tensors: Any) -> dict[str, dict[str, Any]]:
        *rows, weight, target = tensors
        relevance = self._back.run(rows, target)
        found: dict[str, dict[str, Any]] = {}
        for call in self._back.graph.calls:
            if call.path in self._infos and call.outputs[0] in relevance:
                each = by_units(self._infos[call.path], relevance[call.outputs[0]])
                # A layer called twice has its relevance in two places.
                total = found.get(call.path, {"": 0})[""] + tf.reduce_sum(each, axis=1)
                found[call.path] = {"": total}
        lost = [path for path in self._infos if path not in found]
        if lost:
            raise NoWayBack(
                f"No relevance reaches layer {lost[0]!r}: an operation that hands nothing on lies "
                "between it and the outputs. Its scores would be zero."
            )
        sizes = {path: tf.abs(values[""]) for path, values in found.items()}
        return {
            path: {"": tf.reduce_sum(size * beside_rows(weight, size), axis=0)}
            for path, size in sizes.items()
        }


class _Propagation:
    """A clone whose calls can be run forward, and relevance handed back through them."""

    def __init__(self, model: Model, rule: str) -> None:
        copy = uncompiled_clone(model)
        self.graph: Graph = read_graph(copy)
        self._shifts, self._ends = _fold_normalisation(self.graph)
        self._bends = take_activations(self.graph)
        self._positive = positive_parts(copy, self.graph, has_units) if rule == "zplus" else {}
        numbers = sum(math.prod(side or 1 for side in s) for s in self.graph.shapes)
        self.rows_per_call = rows_in_cache(numbers, max(1, min(1024, 2**24 // numbers)))

    def run(self, inputs: list[Any], target: Any) -> dict[int, Any]:
        """Return the relevance of every tensor that has one, by number."""
        linear: dict[int, Any] = {}

        def forward(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            result = self._linear(call, args, kwargs)
            linear[call.outputs[0]] = result
            bend = self._bends.get(id(call.operation))
            return result if bend is None or self._is_head(call, bend) else bend(result)

        values = self.graph.run(inputs, forward)
        relevance = {n: values[n] * explained(values[n], target) for n in self.graph.outputs}
        for call in reversed(self.graph.calls):
            if len(call.outputs) == 1 and call.outputs[0] in relevance:
                made = self._ends.get(call.outputs[0], call.outputs[0])
                shares = self._back(call, values, linear[made], relevance[call.outputs[0]])
                for number, share in zip(call.inputs, shares, strict=True):
                    if share is not None:
                        relevance[number] = relevance.get(number, 0) + share
        return relevance

    def _is_head(self, call: Call, function: Any) -> bool:
        """Tell whether a function turns logits into probabilities: relevance starts before it."""
        at_end = call.outputs[0] in self.graph.outputs
        return at_end and (function in MIXES or function is keras.activations.sigmoid)

    def _ends_in_softmax(self, call: Call) -> bool:
        """Tell whether a layer of its own turns logits into probabilities."""
        if call.kind == "Activation":
            return self._is_head(call, call.operation.activation)
        return call.kind == "Softmax" and call.outputs[0] in self.graph.outputs

    def _linear(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a call, without its activation, without a softmax at the end."""
        if id(call.operation) in self._shifts:
            return args[0] + self._shifts[id(call.operation)]
        softmax = call.kind == "Softmax" and call.outputs[0] in self.graph.outputs
        if softmax or (
            call.kind == "Activation" and self._is_head(call, call.operation.activation)
        ):
            return args[0]
        return in_inference(call, args, kwargs)

    def _back(self, call: Call, values: dict[int, Any], made: Any, arrived: Any) -> list[Any]:
        """Share the relevance that arrived at a call's output among its inputs."""
        given = [values[number] for number in call.inputs]
        passes = is_each_place(call) or self._ends_in_softmax(call)
        if passes or id(call.operation) in self._shifts:
            return [arrived]
        run: Callable[[list[Any]], Any] = self._runner(call, values)
        if id(call.operation) in self._positive:
            return [shared_by_positive(self._positive[id(call.operation)], given[0], arrived)]
        with tf.GradientTape() as tape:
            tape.watch(given)
            again = run(given)
        shares = tape.gradient(
            again, given, output_gradients=tf.cast(over(arrived, made), again.dtype)
        )
        parts = _parts_of_product(call)
        return [
            None if s is None else part * a * s
            for part, a, s in zip(parts, given, shares, strict=True)
        ]

    def _runner(self, call: Call, values: dict[int, Any]) -> Callable[[list[Any]], Any]:
        """Return the call as a function of its input tensors."""

        def run(given: list[Any]) -> Any:
            read = values | dict(zip(call.inputs, given, strict=True))
            return self._linear(call, *call.filled(read))

        return run


def _parts_of_product(call: Call) -> list[float]:
    """Return what each input gets: of a product of two half, or all of them get the whole.

    Keras multiplies one after the other: of three, the first two share what the third leaves.
    """
    if call.kind not in ("Multiply", "Dot") or len(call.inputs) < 2:
        return [1.0] * len(call.inputs)
    halves = [0.5**left for left in range(len(call.inputs) - 1, 0, -1)]
    return [halves[0], *halves]


def _fold_normalisation(graph: Graph) -> tuple[dict[int, Any], dict[int, int]]:
    """Scale kernels by the batch normalisation right behind them, which then only shifts.

    Returns the shift by normalisation layer's id, and by number of the tensor between the two
    that of the tensor behind both.
    """
    shifts: dict[int, Any] = {}
    ends: dict[int, int] = {}
    for path, chain in chains(graph).items():
        call = graph.of_layer[path][0]
        if not chain or chain[0].kind != "BatchNormalization" or not has_units(call):
            continue
        layer, norm = call.operation, chain[0].operation
        scale = 1 / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
        scale = scale if norm.gamma is None else scale * norm.gamma.numpy()
        shift = -scale * norm.moving_mean.numpy()
        shifts[id(norm)] = shift if norm.beta is None else shift + norm.beta.numpy()
        ends[call.outputs[0]] = chain[0].outputs[0]
        kernel = getattr(layer, "pointwise_kernel", None)
        kernel = layer.kernel if kernel is None else kernel
        kernel.assign(kernel.numpy() * beside(scale, call.kind, kernel.shape))
        if layer.use_bias:
            layer.bias.assign(layer.bias.numpy() * scale)
    return shifts, ends


def beside(scale: Array, kind: str, shape: tuple[int, ...]) -> Array:
    """Shape one number for each output channel so that it broadcasts to the kernel."""
    if kind in TRANSPOSED:
        return scale.reshape(-1, 1)
    if kind in DEPTHWISE:
        return scale.reshape(shape[-2:])
    return scale


def has_units(call: Call) -> bool:
    """Tell whether a call is one of a Dense layer or a convolution."""
    return call.is_layer and (call.kind == "Dense" or call.kind in CONVOLUTIONS)
