"""A Keras model as one flat list of calls on numbered tensors, nested models opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.protocol import Model
from explainprune.network.variables import located_layers, own_variables
from explainprune.types import Array

Functional: Any = type(keras.Model(*[keras.Input((1,), name="probe")] * 2, name="probe"))
"""Keras' own class of functional models, which only `keras.Model(...)` hands out."""


@dataclass(frozen=True, eq=False)
class Call:
    """One use of a layer or operation.

    Attributes
    ----------
    path : str
        Layer names through nested models, joined with ``"/"``.
    op : object
        The Keras layer or operation.
    arguments : object
        Keras' record of what it was called with.
    inputs, outputs : tuple of int
        Numbers of the tensors it reads and writes.
    masks : tuple of int
        Numbers of the tensors that only tell it which steps to skip.
    shapes_in, shapes_out : tuple of tuple
        Their shapes, batch axis first, unknown sizes None.
    weights : dict of str to ndarray
        The layer's variables by name within the layer (``"kernel"``, ``"query/kernel"``).
    uses : int
        How often the model calls `op`.
    """

    path: str
    op: Any
    arguments: Any
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    shapes_in: tuple[tuple[int | None, ...], ...]
    shapes_out: tuple[tuple[int | None, ...], ...]
    weights: dict[str, Array]
    masks: tuple[int, ...] = ()
    uses: int = 1

    @property
    def operation(self) -> Any:
        """The same as `op`: under this name Keras' own nodes hold it."""
        return self.op

    @property
    def kind(self) -> str:
        """Class name of the layer or operation."""
        return type(self.op).__name__


@dataclass(frozen=True, eq=False)
class Graph:
    """The calls of a model in an order in which they can run.

    Attributes
    ----------
    calls : list of Call
    shapes : list of tuple
        Shape of each numbered tensor.
    inputs, outputs : tuple of int
        Tensors that the model reads and gives.
    number : dict of int to int
        ``id(KerasTensor)`` → number, for tensors of the model and of opened nested models.
    opened : dict of int to str
        ``id(nested model)`` → its path, for those whose layers are among the calls.
    """

    calls: list[Call]
    shapes: list[tuple[int | None, ...]]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    number: dict[int, int]
    opened: dict[int, str]
    keep_alive: list[Any] = field(default_factory=list, repr=False)


def function_of(model: Model) -> Any:
    """Return the Keras function behind a Sequential or Functional model, or None."""
    if isinstance(model, keras.Sequential):
        return model._functional
    if isinstance(model, Functional) and type(model).call is Functional.call:
        return model
    return None


def refuse(model: Model) -> None:
    """Raise for a model whose layer graph is not known."""
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"shrink takes a Keras model. Received: {type(model).__name__}"
            + (
                ", a saved computation without layers; it can be explained but not shrunk."
                if type(model).__name__ == "TFSMLayer"
                else "."
            )
        )
    if isinstance(model, keras.Sequential) and model._functional is None:
        raise ValueError(
            f"Model {model.name!r} has no input shape yet. Build it, call it once, or begin it "
            "with keras.Input, then shrink it."
        )
    if function_of(model) is None:
        raise ValueError(
            f"Model {model.name!r} is a subclassed model ({type(model).__name__}): its layer graph "
            "is Python code, so it can be explained but not shrunk. Expected: Sequential or "
            "Functional."
        )


def nodes_of(function: Any) -> Iterator[Any]:
    """Yield the function's nodes in an order in which they can run, inputs left out."""
    for depth in sorted(function._nodes_by_depth, reverse=True):
        for node in function._nodes_by_depth[depth]:
            if not node.is_input:
                yield node


def read_graph(model: Model, masks: Mapping[int, Array] | None = None) -> Graph:
    """Read the layer graph of a Sequential or Functional model.

    Parameters
    ----------
    model : keras.Model
    masks : mapping of int to ndarray of bool, optional
        By ``id(variable)``: entries that are not kept are read as zero.

    Raises
    ------
    TypeError, ValueError
        If the model is no Keras model, is subclassed, or has no input shape yet.
    """
    refuse(model)
    function = function_of(model)
    reader = _Reader(_count_uses(function, Counter()), masks or {})
    inputs = tuple(reader.new(tensor) for tensor in function.inputs)
    reader.read(function, "")
    outputs = tuple(reader.number[id(tensor)] for tensor in function.outputs)
    return Graph(
        reader.calls, reader.shapes, inputs, outputs, reader.number, reader.opened, reader.seen
    )


def _count_uses(function: Any, uses: Counter[int]) -> Counter[int]:
    """Count how often each layer is called and each weight is used, through nested models."""
    for node in nodes_of(function):
        uses[id(node.operation)] += 1
        inner = function_of(node.operation)
        if inner is not None:
            _count_uses(inner, uses)
        else:
            uses.update({id(v): 1 for v in getattr(node.operation, "weights", ())})
    return uses


def layer_variables(op: Any) -> dict[str, Any]:
    """Return a layer's weights by their name within the layer.

    Names are as short as they can be: ``"kernel"``, or ``"query_dense/kernel"`` where a layer is
    made of others.
    """
    found = list(getattr(op, "weights", ()))
    if len({v.name for v in found}) == len(found):
        return {v.name: v for v in found}
    named = {v.name: v for v in own_variables(op)}
    for path, layer in located_layers(op):
        named |= {f"{path}/{v.name}": v for v in own_variables(layer)}
    return named


class _Reader:
    """Collects calls while nested models are walked."""

    def __init__(self, uses: Counter[int], masks: Mapping[int, Array]) -> None:
        self.uses = uses
        self.masks = masks
        self.calls: list[Call] = []
        self.shapes: list[tuple[int | None, ...]] = []
        self.number: dict[int, int] = {}
        self.opened: dict[int, str] = {}
        self.seen: list[Any] = []  # ids stay valid only while their objects live

    def new(self, tensor: Any) -> int:
        """Give a tensor the next number."""
        self.number[id(tensor)] = len(self.shapes)
        self.shapes.append(tuple(tensor.shape))
        self.seen.append(tensor)
        return self.number[id(tensor)]

    def read(self, function: Any, prefix: str) -> None:
        """Append the calls of `function`."""
        for node in nodes_of(function):
            op = node.operation
            path = prefix + op.name
            inner = function_of(op)
            if inner is not None and self.uses[id(op)] == 1 and _fits(inner, node):
                self.opened[id(op)] = path
                self.seen.append(op)
                for outer, own in zip(node.input_tensors, inner.inputs, strict=True):
                    self.number[id(own)] = self.number[id(outer)]
                self.read(inner, path + "/")
                for outer, own in zip(node.outputs, inner.outputs, strict=True):
                    self.number[id(outer)] = self.number[id(own)]
            else:
                self.calls.append(self._call(node, path))

    def _values(self, variable: Any) -> Array:
        values: Array = variable.numpy()
        mask = self.masks.get(id(variable))
        return values if mask is None else np.where(mask, values, np.zeros((), values.dtype))

    def _call(self, node: Any, path: str) -> Call:
        masking = [v for k, v in node.arguments.kwargs.items() if k.endswith("mask")]
        aside = {id(tensor) for tensor in keras.tree.flatten(masking)}
        inputs = tuple(self.number[id(t)] for t in node.input_tensors if id(t) not in aside)
        masks = tuple(self.number[id(t)] for t in node.input_tensors if id(t) in aside)
        outputs = tuple(self.new(tensor) for tensor in node.outputs)
        held = getattr(node.operation, "weights", ())
        return Call(
            path=path,
            op=node.operation,
            arguments=node.arguments,
            inputs=inputs,
            outputs=outputs,
            shapes_in=tuple(self.shapes[i] for i in inputs),
            shapes_out=tuple(self.shapes[i] for i in outputs),
            weights={n: self._values(v) for n, v in layer_variables(node.operation).items()},
            masks=masks,
            uses=max(self.uses[id(v)] for v in (node.operation, *held)),
        )


def _fits(inner: Any, node: Any) -> bool:
    """Say whether a nested model is called in a way that its tensors can stand for the outer."""
    args = node.arguments.args
    plain = len(args) == 1 and (hasattr(args[0], "shape") or isinstance(args[0], list | tuple))
    outer, own = (
        [(len(tensor.shape), tensor.dtype) for tensor in tensors]
        for tensors in (node.input_tensors, inner.inputs)
    )
    return plain and outer == own
