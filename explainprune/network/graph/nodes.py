"""A Sequential or Functional model as a graph that can be run with some of its tensors given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from explainprune.network.backend import keras
from explainprune.network.protocol import Model

Run = Callable[..., Any]


def has_graph(model: Model) -> bool:
    """Tell whether what `model` computes is its layer graph, and nothing else.

    False for subclassed models, and for models that override ``call``.
    """
    if not isinstance(model, keras.Model) or type(model).call not in _plain_calls():
        return False
    return bool(getattr(model, "inputs", None))


@cache
def _plain_calls() -> frozenset[Any]:
    """Return what Sequential and Functional models are called by."""
    # Making one is the only public way to the class of Functional models.
    x = keras.Input((1,), name="explainprune_probe_input")
    functional = type(keras.Model(x, x, name="explainprune_probe"))
    return frozenset((keras.Sequential.call, functional.call))


def layers_inside(model: Model) -> list[Any]:
    """Return all layers of `model`, those inside of nested models and wrappers too."""
    return list(model._flatten_layers(include_self=False))


def node_of(tensor: Any) -> Any:
    """Return the graph node (one call of one operation) that produced a symbolic tensor."""
    operation, index, _ = tensor._keras_history
    return operation._inbound_nodes[index]


def nodes_between(outputs: Iterable[Any], given: set[int]) -> Iterator[Any]:
    """Yield the nodes needed for `outputs`, each after all it depends on.

    `given` holds the ids of the symbolic tensors that need no computing. The walk keeps its own
    stack: real models are deeper than Python's recursion limit.
    """
    done: set[int] = set()
    stack = [(tensor, False) for tensor in reversed(list(outputs))]
    while stack:
        tensor, parents_done = stack.pop()
        if id(tensor) in given:
            continue
        node = node_of(tensor)
        if id(node) in done:
            continue
        if parents_done:
            done.add(id(node))
            yield node
            continue
        stack.append((tensor, True))
        stack.extend((parent, False) for parent in reversed(node.input_tensors))


def run_graph(outputs: list[Any], values: dict[int, Any], call: Run) -> list[Any]:
    """Compute symbolic `outputs` from `values`, keyed by the ids of symbolic tensors.

    `call` is ``call(node, args, kwargs)``; `run_node` is the plain one.
    """
    values = dict(values)
    for node in nodes_between(outputs, set(values)):
        args, kwargs = node.arguments.fill_in(values)
        results = keras.tree.flatten(call(node, args, kwargs))
        # Legacy functional models return a one-item list: flattening unwraps it.
        for symbolic, value in zip(node.outputs, results, strict=True):
            values[id(symbolic)] = value
    return [values[id(tensor)] for tensor in outputs]


def run_node(node: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a node's operation in inference mode."""
    operation = node.operation
    if getattr(operation, "_call_has_training_arg", False):
        kwargs = {**kwargs, "training": False}
    return operation(*args, **kwargs)
