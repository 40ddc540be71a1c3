"""A model's graph with its nested models opened: one entry for each call of an operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.graph.nodes import has_graph, nodes_between
from explainprune.network.layers.families import own_name
from explainprune.network.protocol import Model
from explainprune.network.variables import layer_variables, located_layers
from explainprune.types import Array

Shape = tuple[int | None, ...]


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer or an operation.

    Attributes
    ----------
    path : str
        The layer's path; an operation's name where it isn't a layer.
    operation : keras.Operation
    arguments : object
        Keras' record of what it was called with.
    numbers : dict of int to int
        ``id(KerasTensor)`` → number, of the tensors in `arguments`. Each tensor of the opened
        graph has its own number.
    inputs, masks, outputs : tuple of int
        Numbers of the tensors that it reads, of those that only tell it which steps to skip, and
        of those that it makes.
    shapes_in, shapes_out : tuple of tuple
        Shapes of `inputs` and `outputs`, row axis first, sizes left open None.
    tied : bool
        Whether another layer has a weight of `operation` as well.
    weights : dict of str to ndarray
        The layer's variables by name within the layer (``"kernel"``, ``"query/kernel"``), in a
        graph that is `weighted`; else empty.
    """

    path: str
    operation: Any
    arguments: Any
    numbers: Mapping[int, int]
    inputs: tuple[int, ...]
    masks: tuple[int, ...]
    outputs: tuple[int, ...]
    shapes_in: tuple[Shape, ...]
    shapes_out: tuple[Shape, ...]
    tied: bool = False
    weights: dict[str, Array] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Class name of Keras' own layers and operations; "" for anybody else's."""
        return own_name(self.operation)

    @property
    def shown(self) -> str:
        """Class name to be read by people."""
        return type(self.operation).__name__

    @property
    def is_layer(self) -> bool:
        """Whether this is a layer, not a bare operation such as ``x + y``."""
        return isinstance(self.operation, keras.Layer)

    @property
    def read(self) -> tuple[int, ...]:
        """All tensors that its outputs hang on: `inputs`, then `masks`."""
        return (*self.inputs, *self.masks)

    def filled(self, values: Mapping[int, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments that it was made with, the tensors in them replaced by `values`."""
        given = {tensor: values[number] for tensor, number in self.numbers.items()}
        args, kwargs = self.arguments.fill_in(given)
        return args, kwargs


Run = Callable[[Call, tuple[Any, ...], dict[str, Any]], Any]


def in_inference(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the operation as it runs outside training."""
    if getattr(call.operation, "_call_has_training_arg", False):
        kwargs = {**kwargs, "training": False}
    return call.operation(*args, **kwargs)


@dataclass(frozen=True, eq=False)
class Graph:
    """The calls of a model, and the tensors between them.

    Attributes
    ----------
    calls : list of Call
        Each after all it depends on.
    inputs, outputs : list of int
        The model's own input and output tensors.
    shapes : list of tuple
        Shape of each tensor by its number, row axis first.
    number : dict of int to int
        ``id(KerasTensor)`` → number; in a nested model that is called twice, of its last call.
    nested : dict of int to list of list of int
        ``id(nested model)`` → what each call of it reads, for those whose layers are among the
        calls.
    """

    calls: list[Call] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    number: dict[int, int] = field(default_factory=dict)
    nested: dict[int, list[list[int]]] = field(default_factory=dict)

    @cached_property
    def of_layer(self) -> dict[str, list[Call]]:
        """The calls of each layer, by its path, in the order in which they run."""
        found: dict[str, list[Call]] = {}
        for call in self.calls:
            if call.is_layer:
                found.setdefault(call.path, []).append(call)
        return found

    def run(self, inputs: list[Any], call: Run = in_inference) -> dict[int, Any]:
        """Compute every tensor from the model's inputs, each call by `call`."""
        return self.rerun({}, dict(zip(self.inputs, inputs, strict=True)), call)

    def results(self, inputs: list[Any]) -> list[Any]:
        """Compute the model's outputs from its inputs."""
        values = self.run(inputs)
        return [values[number] for number in self.outputs]

    def ends(self, number: int) -> bool:
        """Tell whether a tensor is an output of the model, and nothing within reads it."""
        return number in self.outputs and not any(number in each.read for each in self.calls)

    def rerun(
        self, values: dict[int, Any], changed: dict[int, Any], call: Run = in_inference
    ) -> dict[int, Any]:
        """Compute again only what depends on the tensors in `changed`."""
        values, touched = values | changed, set(changed)
        for each in self.calls:
            if touched.isdisjoint(each.read) or not touched.isdisjoint(each.outputs):
                continue
            # Legacy functional models return a one-item list: flattening unwraps it.
            made = keras.tree.flatten(call(each, *each.filled(values)))
            values |= zip(each.outputs, made, strict=True)
            touched |= set(each.outputs)
        return values

    def weighted(self, masks: Mapping[int, Array] | None = None) -> Graph:
        """Return the same graph with each call's weights as they are now.

        Parameters
        ----------
        masks : mapping of int to ndarray of bool, optional
            By ``id(variable)``: entries that are not kept are read as zero.
        """
        operations = {id(call.operation): call.operation for call in self.calls}
        held = {key: _weights(layer, masks or {}) for key, layer in operations.items()}
        calls = [replace(call, weights=held[id(call.operation)]) for call in self.calls]
        return replace(self, calls=calls)


def _weights(operation: Any, masks: Mapping[int, Array]) -> dict[str, Array]:
    """Return a layer's weights by name, masked entries zero."""
    found = {}
    for name, variable in layer_variables(operation).items():
        values, mask = variable.numpy(), masks.get(id(variable))
        found[name] = values if mask is None else np.where(mask, values, np.zeros((), values.dtype))
    return found


def masked_like(result: Any, source: Any) -> Any:
    """Give what was made of a tensor by itself the mask that the tensor carries, if any.

    Layers pass masks on; a function that was taken out of its layer doesn't.
    """
    mask = getattr(source, "_keras_mask", None)
    if mask is not None:
        result._keras_mask = mask
    return result


def read_graph(model: Model) -> Graph:
    """Read the layer graph of a Sequential or Functional model.

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
    reader = _Reader(model)
    reader.graph.inputs.extend(reader.new(tensor) for tensor in model.inputs)
    reader.graph.outputs.extend(reader.open(model, reader.graph.inputs))
    tied = _tied({id(call.operation): call.operation for call in reader.graph.calls})
    calls = [replace(call, tied=id(call.operation) in tied) for call in reader.graph.calls]
    return replace(reader.graph, calls=calls)


class _Reader:
    """Adds the calls of a model and of those within it to one graph."""

    def __init__(self, model: Model) -> None:
        self.graph = Graph()
        self.paths = {id(layer): path for path, layer in located_layers(model)}

    def new(self, tensor: Any) -> int:
        """Give a symbolic tensor the next free number."""
        self.graph.shapes.append((None, *tensor.shape[1:]))
        return len(self.graph.shapes) - 1

    def open(self, model: Model, inputs: list[int]) -> list[int]:
        """Add the calls of `model` on tensors that have numbers; return its outputs' numbers."""
        numbers = {id(t): number for t, number in zip(model.inputs, inputs, strict=True)}
        for node in nodes_between(model.outputs, set(numbers)):
            operation = node.operation
            if _opens(operation, node):
                read = [numbers[id(tensor)] for tensor in node.input_tensors]
                self.graph.nested.setdefault(id(operation), []).append(read)
                made = self.open(operation, read)
            else:
                made = [self.new(tensor) for tensor in node.outputs]
                self.graph.calls.append(self.call(node, numbers, tuple(made)))
            numbers |= {id(t): number for t, number in zip(node.outputs, made, strict=True)}
        self.graph.number.update(numbers)
        return [numbers[id(tensor)] for tensor in model.outputs]

    def call(self, node: Any, numbers: dict[int, int], outputs: tuple[int, ...]) -> Call:
        """Part a node's tensors into those that hold values and those that only mask."""
        masking = [v for k, v in node.arguments.kwargs.items() if k.endswith("mask")]
        aside = {id(tensor) for tensor in keras.tree.flatten(masking)}
        tensors = [id(tensor) for tensor in node.input_tensors]
        inputs = tuple(numbers[t] for t in tensors if t not in aside)
        return Call(
            path=self.paths.get(id(node.operation), node.operation.name),
            operation=node.operation,
            arguments=node.arguments,
            numbers={t: numbers[t] for t in tensors},
            inputs=inputs,
            masks=tuple(numbers[t] for t in tensors if t in aside),
            outputs=outputs,
            shapes_in=tuple(self.graph.shapes[n] for n in inputs),
            shapes_out=tuple(self.graph.shapes[n] for n in outputs),
        )


def _opens(inner: Any, node: Any) -> bool:
    """Say whether a nested model is called so that its tensors can stand for the outer ones.

    It converts what it reads to the rank and type of its own inputs, and may be told to train.
    """
    if not has_graph(inner) or node.arguments.kwargs.get("training"):
        return False
    outer, own = (
        [(len(tensor.shape), tensor.dtype) for tensor in tensors]
        for tensors in (node.input_tensors, inner.inputs)
    )
    return outer == own


def _tied(operations: Mapping[int, Any]) -> set[int]:
    """Return the ids of the layers that have a weight which another has as well."""
    held = {key: [id(v) for v in getattr(op, "weights", ())] for key, op in operations.items()}
    owners = Counter(variable for variables in held.values() for variable in variables)
    return {key for key, variables in held.items() if any(owners[v] > 1 for v in variables)}
