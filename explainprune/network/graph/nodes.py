"""What Keras itself remembers of a model's graph: its nodes, one for each call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from explainprune.network.backend import keras
from explainprune.network.protocol import Model


def has_graph(model: Model) -> bool:
    """Tell whether what `model` computes is its layer graph, and nothing else.

    False for subclassed models, and for models that override ``call``.
    """
    plain = (keras.Sequential.call, functional_class().call)
    if not isinstance(model, keras.Model) or type(model).call not in plain:
        return False
    return bool(getattr(model, "inputs", None))


@cache
def functional_class() -> Any:
    """Return Keras' own class of functional models, which only making one hands out."""
    x = keras.Input((1,), name="explainprune_probe_input")
    # Older Keras takes no model without a layer.
    y = keras.layers.Identity(name="explainprune_probe_layer")(x)
    return type(keras.Model(x, y, name="explainprune_probe"))


def layers_inside(model: Model) -> list[Any]:
    """Return all layers of `model`, those inside of nested models and wrappers too."""
    return list(model._flatten_layers(include_self=False))


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
        operation, index, _ = tensor._keras_history
        node = operation._inbound_nodes[index]
        if id(node) in done:
            continue
        if parents_done:
            done.add(id(node))
            yield node
            continue
        stack.append((tensor, True))
        stack.extend((parent, False) for parent in reversed(node.input_tensors))
