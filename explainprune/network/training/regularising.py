"""The same model, trained under a penalty or with dropout: what pruning is held against."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import keras
from explainprune.network.graph.graph import Call, read_graph
from explainprune.network.graph.nodes import functional_class
from explainprune.network.protocol import Model
from explainprune.network.variables import clone, compile_like


def with_l1(model: Model, strength: float) -> Model:
    """Return a clone whose kernels pay ``strength · Σ|w|`` in training, beside what they paid.

    A kernel is a trainable weight of two axes or more.

    Raises
    ------
    ValueError
        If `strength` isn't above 0.
    """
    if not strength > 0:
        raise ValueError(f"The strength of a penalty is above 0. Received: {strength}.")
    copy = clone(model)
    for kernel in _kernels(copy):
        own, penalty = kernel.regularizer, keras.regularizers.L1(strength)
        kernel.regularizer = penalty if own is None else _Both(own, penalty)
    return copy


class _Both:
    """The sum of two penalties."""

    def __init__(self, first: Any, second: Any) -> None:
        self.first, self.second = first, second

    def __call__(self, weights: Any) -> Any:
        return self.first(weights) + self.second(weights)


def with_dropout(model: Model, rate: float, seed: int = 0) -> Model:
    """Return a model with the same weights in which what Dense layers read of hidden units drops.

    Raises
    ------
    ValueError
        If `rate` isn't in (0, 1), the model has no layer graph, drops units already, or has no
        Dense layer that reads hidden units.
    """
    if not 0 < rate < 1:
        raise ValueError(f"A rate of dropout lies in (0, 1). Received: {rate}.")
    copy = clone(model)
    graph, weave = read_graph(copy), _Weaver(rate, seed)
    if any("Dropout" in call.kind for call in graph.calls):
        raise ValueError(f"Model {model.name!r} drops units already.")
    values = graph.run(list(copy.inputs), weave)
    if not weave.made:
        raise ValueError(f"Model {model.name!r} has no Dense layer that reads hidden units.")
    nested: Any = getattr(copy, "_functional", copy)  # a Sequential model's own graph
    made = [values[number] for number in graph.outputs]
    outputs = keras.tree.pack_sequence_as(nested._outputs_struct, made)
    woven = functional_class()(nested._inputs_struct, outputs, name=model.name)
    if getattr(copy, "compiled", False):
        compile_like(woven, copy)
    return woven


class _Weaver:
    """Calls a graph's operations again, dropout before Dense layers behind hidden units."""

    def __init__(self, rate: float, seed: int) -> None:
        self.rate, self.seed = rate, seed
        self.made = 0
        self._hidden: set[int] = set()

    def __call__(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        hidden = not self._hidden.isdisjoint(call.read)
        if hidden or _kernels(call.operation):
            self._hidden.update(call.outputs)
        if hidden and call.kind == "Dense":
            self.made += 1
            name, seed = f"dropped_{self.made}", self.seed + self.made
            args = (keras.layers.Dropout(self.rate, seed=seed, name=name)(args[0]), *args[1:])
        return call.operation(*args, **kwargs)


def _kernels(operation: Any) -> list[Any]:
    """Return the trainable weights of two axes or more."""
    return [v for v in getattr(operation, "trainable_variables", ()) if len(v.shape) > 1]
