"""A model's graph with its nested models opened: one entry for each call of an operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from explainprune.network.backend import keras
from explainprune.network.graph.nodes import has_graph, nodes_between
from explainprune.network.layers.families import own_name
from explainprune.network.protocol import Model
from explainprune.network.variables import located_layers


@dataclass(frozen=True)
class Call:
    """One call of a layer or an op.

    Attributes
    ----------
    path : str
        The layer's path; an op's name where it isn't a layer.
    operation : keras.Operation
    node : node of the Keras graph
    inputs, outputs : tuple of int
        Numbers of the tensors read and made. Each tensor of the opened graph has its own number.
    shapes_in, shapes_out : tuple of tuple
        Their shapes without the row axis.
    """

    path: str
    operation: Any
    node: Any
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    shapes_in: tuple[tuple[int | None, ...], ...]
    shapes_out: tuple[tuple[int | None, ...], ...]

    @property
    def kind(self) -> str:
        """Class name of Keras' own layers and ops; "" for anybody else's, whatever its name."""
        return own_name(self.operation)

    @property
    def shown(self) -> str:
        """Class name to be read by people."""
        return type(self.operation).__name__

    @property
    def is_layer(self) -> bool:
        """Whether this is a layer, not a bare op such as ``x + y``."""
        return isinstance(self.operation, keras.Layer)


@dataclass
class Calls:
    """The opened graph.

    Attributes
    ----------
    calls : list of Call
        Each after all it depends on.
    inputs, outputs : list of int
        The model's own input and output tensors.
    shapes : dict of int to tuple
        Shape of each tensor without the row axis.
    number : dict of int to int
        ``id(KerasTensor)`` → number; in a nested model that is called twice, of its last call.
    nested : dict of int to list of tuple of int
        ``id(nested model)`` → what each call of it reads, for those whose layers are among the
        calls.
    """

    calls: list[Call] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    shapes: dict[int, tuple[int | None, ...]] = field(default_factory=dict)
    number: dict[int, int] = field(default_factory=dict)
    nested: dict[int, list[tuple[int, ...]]] = field(default_factory=dict)

    def new(self, tensor: Any) -> int:
        """Give a symbolic tensor the next free number."""
        number = len(self.shapes)
        self.shapes[number] = tuple(tensor.shape[1:])
        return number

    def run(self, inputs: list[Any], call: Callable[..., Any] | None = None) -> dict[int, Any]:
        """Compute every tensor from the model's inputs; `call` is ``call(Call, args, kwargs)``."""
        values = dict(zip(self.inputs, inputs, strict=True))
        for each in self.calls:
            args, kwargs = arguments(each, values)
            result = (call or in_inference)(each, args, kwargs)
            values |= zip(each.outputs, keras.tree.flatten(result), strict=True)
        return values

    def rerun(
        self,
        values: dict[int, Any],
        changed: dict[int, Any],
        call: Callable[..., Any] | None = None,
    ) -> dict[int, Any]:
        """Compute again only what depends on the tensors in `changed`."""
        values, touched = values | changed, set(changed)
        for each in self.calls:
            if touched.isdisjoint(each.inputs) or not touched.isdisjoint(each.outputs):
                continue
            args, kwargs = arguments(each, values)
            result = (call or in_inference)(each, args, kwargs)
            values |= zip(each.outputs, keras.tree.flatten(result), strict=True)
            touched |= set(each.outputs)
        return values


def arguments(call: Call, values: dict[int, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Fill the tensors of `values` into the arguments that a call was made with."""
    tensors = call.node.input_tensors
    local = {id(t): values[n] for t, n in zip(tensors, call.inputs, strict=True)}
    args, kwargs = call.node.arguments.fill_in(local)
    return args, kwargs


def in_inference(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the operation as it runs outside training."""
    if getattr(call.operation, "_call_has_training_arg", False):
        kwargs = {**kwargs, "training": False}
    return call.operation(*args, **kwargs)


def calls_of(model: Model) -> Calls:
    """Open the graph of a Sequential or Functional model.

    Raises
    ------
    ValueError
        If the model is subclassed, so that it has no graph.
    """
    if not has_graph(model):
        raise ValueError(
            f"Model {model.name!r} of type {type(model).__name__} has no layer graph: only "
            "Sequential and Functional models have one."
        )
    paths = {id(layer): path for path, layer in located_layers(model)}
    opened = Calls()
    opened.inputs = [opened.new(tensor) for tensor in model.inputs]
    opened.outputs = _open(model, opened.inputs, opened, paths)
    return opened


def _open(model: Model, inputs: list[int], opened: Calls, paths: dict[int, str]) -> list[int]:
    """Add the calls of `model` on tensors that have numbers; return its outputs' numbers."""
    numbers = {id(t): number for t, number in zip(model.inputs, inputs, strict=True)}
    for node in nodes_between(model.outputs, set(numbers)):
        read = [numbers[id(tensor)] for tensor in node.input_tensors]
        operation = node.operation
        if isinstance(operation, keras.Model) and has_graph(operation) and _fits(operation, node):
            opened.nested.setdefault(id(operation), []).append(tuple(read))
            made = _open(operation, read, opened, paths)
        else:
            made = [opened.new(tensor) for tensor in node.outputs]
            path = paths.get(id(operation), operation.name)
            shapes = [tuple(opened.shapes[n] for n in numbered) for numbered in (read, made)]
            opened.calls.append(
                Call(path, operation, node, tuple(read), tuple(made), shapes[0], shapes[1])
            )
        numbers |= {id(tensor): number for tensor, number in zip(node.outputs, made, strict=True)}
    opened.number |= numbers
    return [numbers[id(tensor)] for tensor in model.outputs]


def _fits(inner: Any, node: Any) -> bool:
    """Say whether a nested model is called in a way that its tensors can stand for the outer.

    It converts what it reads to the rank and type of its own inputs, and may be told to train.
    """
    outer, own = (
        [(len(tensor.shape), tensor.dtype) for tensor in tensors]
        for tensors in (node.input_tensors, inner.inputs)
    )
    return outer == own and not node.arguments.kwargs.get("training")
