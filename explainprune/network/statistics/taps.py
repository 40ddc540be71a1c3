"""Where a layer's input, pre-activation and activation can be read while a model runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from explainprune.network.backend import keras, tf
from explainprune.network.functions.copies import check_copy
from explainprune.network.functions.feeding import structured
from explainprune.network.graph.graph import Call, Graph, in_inference, masked_like, read_graph
from explainprune.network.layers.activations import MIXES
from explainprune.network.layers.registry import kind_of
from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.network.variables import located_layers
from explainprune.types import Array


@dataclass(frozen=True)
class Tap:
    """Tensors of one call of a layer.

    Attributes
    ----------
    input : tensor (n, ...)
    linear : tensor (n, ..., units)
        Before the layer's own activation function.
    activation : tensor (n, ..., units)
        Behind the activation, also where normalisation and activation are layers that follow;
        before a softmax, and before the sigmoid of a model's output.
    """

    input: Any
    linear: Any
    activation: Any


class Tapped:
    """A model that gives away what its layers see while it runs.

    Parameters
    ----------
    model : keras.Model
        A Sequential or Functional clone that nobody else uses: its layers lose their activation
        functions, which are applied behind them instead.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.graph: Graph = read_graph(model)
        self._chains = chains(self.graph)
        self._ends = {
            call.outputs[0]: [call, *self._chains[call.path]][-1].outputs[0]
            for call in self.graph.calls
            if call.path in self._chains
        }
        self._bends = take_activations(self.graph)

    def _is_head(self, call: Call) -> bool:
        """Tell whether a call ends in a softmax, or in the sigmoid of an output.

        Keras takes cross-entropy from the logits where it can see them, so that no gradient
        passes through the probabilities.
        """
        bend = self._bends.get(id(call.operation))
        at_end = call.outputs[0] in self.graph.outputs
        return bend in MIXES or (at_end and bend is keras.activations.sigmoid)

    @property
    def size(self) -> int:
        """Count the numbers that one row makes on its way; open sizes count as one."""
        return sum(math.prod(side or 1 for side in shape) for shape in self.graph.shapes)

    def layer(self, path: str) -> Any:
        """Return the layer called under a path; None inside a layer that isn't opened."""
        calls = self.graph.of_layer.get(path)
        return calls[0].operation if calls else None

    def scale(self, path: str) -> Any:
        """Return γ of the normalisation that follows a layer, or None."""
        return scale_of(self._chains.get(path, []))

    def end(self, path: str) -> int:
        """Return the number of the tensor where the activation of a layer called once is read."""
        return self._ends[self.graph.of_layer[path][0].outputs[0]]

    def cuts(self, number: int) -> bool:
        """Tell whether every way from the inputs to the outputs leads through a tensor."""
        reached = set(self.graph.inputs) - {number}
        for call in self.graph.calls:
            if not reached.isdisjoint(call.read):
                reached |= set(call.outputs) - {number}
        return reached.isdisjoint(self.graph.outputs)

    def call(self, each: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a call, with the activation that was taken from its layer."""
        result = in_inference(each, args, kwargs)
        return self._bent(each, result)

    def _bent(self, each: Call, linear: Any) -> Any:
        """Apply the activation that was taken from a call's layer."""
        bend = self._bends.get(id(each.operation))
        return linear if bend is None else masked_like(bend(linear), linear)

    def raw_call(self, each: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a call, but leave logits as they are: no softmax or sigmoid at an output."""
        if self.graph.ends(each.outputs[0]):
            known = kind_of(each.operation)
            own = getattr(each.operation, "activation", None) if known.bends else None
            if known.head or own in (*MIXES, keras.activations.sigmoid):
                return args[0]
            if self._is_head(each):
                return in_inference(each, args, kwargs)
        return self.call(each, args, kwargs)

    def run(self, inputs: list[Any]) -> tuple[list[Any], dict[str, list[Tap]]]:
        """Run on one tensor for each input; return the outputs and the taps of each layer."""
        read: dict[int, tuple[Any, Any]] = {}

        def call(each: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            result = in_inference(each, args, kwargs)
            if not each.is_layer or not each.operation.weights or len(each.outputs) != 1:
                return result
            read[each.outputs[0]] = (args[0], result)
            return self._bent(each, result)

        values = self.graph.run(inputs, call)
        taps: dict[str, list[Tap]] = {}
        for each in self.graph.calls:
            if each.outputs[0] in read:
                given, linear = read[each.outputs[0]]
                end = linear if self._is_head(each) else values[self._ends[each.outputs[0]]]
                taps.setdefault(each.path, []).append(Tap(given, linear, end))
        return [values[number] for number in self.graph.outputs], taps

    def check(self, model: Model, inputs: Sequence[Array]) -> None:
        """Raise if this outputs something else than the model that it is a clone of."""
        check_copy(model, lambda rows: self.run(rows)[0], inputs, "The copy whose units are read")


class Untapped:
    """A subclassed model: it can be run, but not looked into."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.size = sum(math.prod(w.shape) for w in model.weights)

    def run(self, inputs: list[Any]) -> tuple[list[Any], dict[str, list[Tap]]]:
        """Run on one tensor for each input."""
        outputs = self.model(structured(self.model, inputs), training=False)
        return keras.tree.flatten(outputs), {}

    def check(self, model: Model, inputs: Sequence[Array]) -> None:
        """Do nothing: it is the model itself."""

    def layer(self, path: str) -> None:
        """Return nothing: no layer has a rule here."""

    def scale(self, path: str) -> None:
        """Return nothing."""


def by_units(info: LayerInfo, tensor: Any, *, exact: bool = True) -> Any:
    """Lay what a layer made out as (n, positions, units), in float64 so that sums are exact.

    With ``exact=False`` it keeps its dtype, for sums over the positions of one sample.
    """
    n = tf.shape(tensor)[0]
    if info.family.by_channel:
        # Channel k · multiplier + m belongs to input channel k: the unit here.
        tensor = tf.reshape(tensor, (n, -1, info.units, tensor.shape[-1] // info.units))
        tensor = tf.transpose(tensor, (0, 1, 3, 2))
    laid = tf.reshape(tensor, (n, -1, tensor.shape[-1]))
    return tf.cast(laid, tf.float64) if exact else laid


def _is_bent(call: Call) -> bool:
    """Tell whether a layer applies an activation function to what it computes."""
    if not kind_of(call.operation).activates:
        return False
    return call.operation.activation not in (None, keras.activations.linear)


def take_activations(graph: Graph) -> dict[int, Callable[[Any], Any]]:
    """Make Dense and convolution layers linear; return what they applied, by layer id."""
    taken: dict[int, Callable[[Any], Any]] = {}
    for layer in [call.operation for call in graph.calls if _is_bent(call)]:
        if id(layer) not in taken:
            taken[id(layer)] = layer.activation
            layer.activation = keras.activations.linear
    return taken


def chains(graph: Graph) -> dict[str, list[Call]]:
    """Return, for each layer called once, the calls that still belong to its units."""
    return {
        path: _chain(graph, calls[0]) if len(calls) == 1 else []
        for path, calls in graph.of_layer.items()
        if len(calls[0].outputs) == 1
    }


def _chain(graph: Graph, call: Call) -> list[Call]:
    """Return the calls behind `call` that keep its units apart, up to the first bend.

    It ends where a tensor is read twice or is an output of the model.
    """
    chain: list[Call] = []
    number, bent = call.outputs[0], _is_bent(call)
    while not bent and number not in graph.outputs:
        readers = [each for each in graph.calls if number in each.read]
        if len(readers) != 1 or len(readers[0].read) != 1 or not _keeps_apart(readers[0]):
            break
        chain.append(readers[0])
        number, bent = readers[0].outputs[0], kind_of(readers[0].operation).bends
    return chain


def _keeps_apart(call: Call) -> bool:
    """Tell whether a call works on each unit alone: softmax does not."""
    known = kind_of(call.operation)
    apart = known.bends or known.idle or known.learnt_statistics
    return apart and getattr(call.operation, "activation", None) not in MIXES


def scale_of(chain: list[Call]) -> Any:
    """Return γ of the batch normalisation in a chain, or None."""
    found = [c.operation.gamma for c in chain if kind_of(c.operation).learnt_statistics]
    return found[0] if found else None


def single_precision(copy: Model) -> Model:
    """Let layers that compute in half precision compute in single, and return the copy.

    Squares of small slopes are zero in half precision, and large products infinite.
    """
    for _, layer in located_layers(copy):
        if getattr(layer, "compute_dtype", None) in ("float16", "bfloat16"):
            layer.dtype_policy = keras.DTypePolicy("float32")
    return copy
