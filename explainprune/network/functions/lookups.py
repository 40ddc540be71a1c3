"""Calls of Embeddings while a model is traced, wherever in it they happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from explainprune.network.backend import keras, tf
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.protocol import Model

Instead = Callable[[int, Any, Callable[..., Any], Any], Any]
"""``(number of the call, layer, its own function, what it reads)`` → what the call puts out."""


def embeddings_in(model: Model) -> list[Any]:
    """Return all Embeddings of a model, those inside of its layers too."""
    found = [each for each in layers_inside(model) if isinstance(each, keras.layers.Embedding)]
    return list({id(each): each for each in found}.values())


@contextmanager
def intercepted(model: Model, instead: Instead) -> Iterator[None]:
    """Put `instead` in the place of a model's Embeddings, call by call, while this lasts.

    Calls are numbered as they come: the same model calls in the same order however often it is
    traced. Calls inside of a loop's own graph stay as they are.
    """
    graph, layers, count = tf.compat.v1.get_default_graph(), embeddings_in(model), 0

    def of_layer(layer: Any, own: Callable[..., Any]) -> Callable[..., Any]:
        def call(inputs: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal count
            reads = not args and not any(kwargs.values())  # a reversible one may write
            if not reads or tf.compat.v1.get_default_graph() is not graph:
                return own(inputs, *args, **kwargs)
            count += 1
            return instead(count - 1, layer, own, inputs)

        return call

    try:
        for layer in layers:
            # In the instance, past Keras' own __setattr__, which keeps track of what is set.
            vars(layer)["call"] = of_layer(layer, layer.call)
        yield
    finally:
        for layer in layers:
            vars(layer).pop("call", None)
