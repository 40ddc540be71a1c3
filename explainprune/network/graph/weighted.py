"""A model's calls with their weights, as shrinking reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.graph import calls as opening
from explainprune.network.graph.calls import Calls, calls_of
from explainprune.network.graph.nodes import has_graph
from explainprune.network.layers.families import own_name
from explainprune.network.protocol import Model
from explainprune.network.variables import layer_variables
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
    tied : bool
        Whether another layer has a weight of `op` as well.
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
    tied: bool = False

    @property
    def operation(self) -> Any:
        """The same as `op`: under this name Keras' own nodes hold it."""
        return self.op

    @property
    def kind(self) -> str:
        """Class name of Keras' own layers and operations; "" for anybody else's."""
        return own_name(self.op)

    @property
    def shown(self) -> str:
        """Class name to be read by people."""
        return type(self.op).__name__


@dataclass(frozen=True, eq=False)
class Graph:
    """The calls of a model in an order in which they can run.

    Attributes
    ----------
    calls : list of Call
    shapes : list of tuple
        Shape of each numbered tensor.
    opened : Calls
        The graph that was read.
    """

    calls: list[Call]
    shapes: list[tuple[int | None, ...]]
    opened: Calls

    @property
    def inputs(self) -> tuple[int, ...]:
        """Tensors that the model reads."""
        return tuple(self.opened.inputs)

    @property
    def outputs(self) -> tuple[int, ...]:
        """Tensors that the model gives."""
        return tuple(self.opened.outputs)


def function_of(model: Model) -> Any:
    """Return the Keras function behind a Sequential or Functional model, or None."""
    if not has_graph(model):
        return None
    return model._functional if isinstance(model, keras.Sequential) else model


def refuse(model: Model) -> None:
    """Raise for a model whose layer graph is not known."""
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"shrink takes a Keras model. Received: {type(model).__name__}"
            + (
                ", a saved computation without layers; it can be explained but not shrunk."
                if own_name(model) == "TFSMLayer"
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
    opened = calls_of(model)
    operations = {id(call.operation): call.operation for call in opened.calls}
    uses = Counter(id(call.operation) for call in opened.calls)
    owners = Counter(id(v) for op in operations.values() for v in getattr(op, "weights", ()))
    held = {key: _weights(op, masks or {}) for key, op in operations.items()}
    tied = {
        key: any(owners[id(v)] > 1 for v in getattr(op, "weights", ()))
        for key, op in operations.items()
    }
    shapes: list[tuple[int | None, ...]] = [(None, *opened.shapes[i]) for i in opened.shapes]
    calls = []
    for call in opened.calls:
        key = id(call.operation)
        calls.append(_call(call, shapes, held[key], uses[key], tied[key]))
    return Graph(calls, shapes, opened)


def _weights(op: Any, masks: Mapping[int, Array]) -> dict[str, Array]:
    """Return a layer's weights by name, masked entries zero."""
    found = {}
    for name, variable in layer_variables(op).items():
        values, mask = variable.numpy(), masks.get(id(variable))
        found[name] = values if mask is None else np.where(mask, values, np.zeros((), values.dtype))
    return found


def _call(
    call: opening.Call,
    shapes: list[tuple[int | None, ...]],
    weights: dict[str, Array],
    uses: int,
    tied: bool,
) -> Call:
    """Part a call's tensors into those that hold values and those that only mask."""
    arguments = call.node.arguments
    masking = [v for k, v in arguments.kwargs.items() if k.endswith("mask")]
    aside = {id(tensor) for tensor in keras.tree.flatten(masking)}
    read = list(zip(call.node.input_tensors, call.inputs, strict=True))
    inputs = tuple(number for tensor, number in read if id(tensor) not in aside)
    return Call(
        path=call.path,
        op=call.operation,
        arguments=arguments,
        inputs=inputs,
        outputs=call.outputs,
        shapes_in=tuple(shapes[i] for i in inputs),
        shapes_out=tuple(shapes[i] for i in call.outputs),
        weights=weights,
        masks=tuple(number for tensor, number in read if id(tensor) in aside),
        uses=uses,
        tied=tied,
    )
