"""Calls of Embeddings, wherever in a model they happen, and which feature each token there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.compiled import CompiledFunction
from explainprune.network.functions.signature import Signature
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.protocol import Model
from explainprune.network.tracing.dependence import needed
from explainprune.network.tracing.reaching import NOWHERE
from explainprune.network.tracing.reaching.flow import Flow
from explainprune.network.tracing.traced import traced
from explainprune.types import Array

NOBODY = -1
"""Owner of a token that no input says."""

Trace = Callable[[list[Any]], Any]
"""From one symbolic tensor for each input to what is explained."""

Instead = Callable[[int, Any, Callable[..., Any], Any], Any]
"""``(number of the call, layer, its own function, what it reads)`` → what the call outputs."""


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


@dataclass(frozen=True)
class Lookup:
    """One call of an Embedding whose tokens are a model's inputs, each a feature by itself.

    Attributes
    ----------
    layer : keras.layers.Embedding
    owners : ndarray of int
        Flat input feature of each token, shaped like one row of what the Embedding reads; -1 for
        tokens that are constants.
    dim : int
        Length of a token's vector.
    """

    layer: Any
    owners: Array
    dim: int

    @property
    def owned(self) -> Array:
        """Places, laid flat, of the tokens that are features."""
        return np.flatnonzero(self.owners.ravel() != NOBODY)


@dataclass(frozen=True)
class Lookups:
    """All lookups of a model's inputs.

    Attributes
    ----------
    model : keras.Model
    signature : Signature
    by_call : dict of int to Lookup
        By the number of the Embedding's call.
    """

    model: Model
    signature: Signature
    by_call: dict[int, Lookup]


def find_lookups(model: Model, signature: Signature, trace: Trace) -> Lookups | None:
    """Follow each input feature through the traced graph, up to the Embeddings.

    It doesn't matter where an Embedding is called: in the model's graph, inside of a layer, or by
    a subclassed model. A call whose tokens hang on several features each is none.

    Returns
    -------
    Lookups or None
        None if no input feeds an Embedding, or the model reads text.
    """
    if not embeddings_in(model) or signature.texts:
        return None
    found: dict[int, Lookup] = {}

    def forward(x: Any) -> Any:
        read: dict[int, tuple[Any, Any]] = {}

        def note(number: int, layer: Any, own: Callable[..., Any], inputs: Any) -> Any:
            made = own(inputs)
            read[number] = layer, inputs
            return made

        with intercepted(model, note):
            outputs = trace(signature.split(x))
        owners = _owners(x, [tokens for _, tokens in read.values()])
        for (number, (layer, _)), each in zip(read.items(), owners, strict=True):
            if each is not None:
                found[number] = Lookup(layer, each, int(layer.output_dim))
        return outputs

    traced(forward, tf.TensorSpec((None, signature.n_inputs), signature.dtype))
    return Lookups(model, signature, found) if found else None


def _owners(x: Any, tokens: list[Any]) -> list[Array | None]:
    """Tell for each token which feature it is; None where one hangs on several, or none does."""
    flow = Flow(NOWHERE)
    singles = np.array([[flow.marks.single(f) for f in range(x.shape[1])]], dtype=np.int32)
    tensors = [tf.convert_to_tensor(each) for each in tokens]
    marks = flow.follow({x.ref(): singles}, x.graph.get_operations(), needed(tensors))
    found: list[Array | None] = []
    for tensor in tensors:
        marked = marks.get(tensor.ref())
        if marked is None or marked.shape != (1, *tensor.shape[1:]):
            found.append(None)
            continue
        known, where = np.unique(marked[0], return_inverse=True)
        hangs = [flow.marks.all[number].on for number in known]
        if any(len(each) > 1 for each in hangs):
            found.append(None)
            continue
        features = np.array([next(iter(each), NOBODY) for each in hangs])
        found.append(features[where].reshape(marked[0].shape))
    return found


def token_check(lookups: Lookups, trace: Trace) -> Callable[[Array], None]:
    """Return a function that raises where flat rows hold tokens which an Embedding doesn't know."""

    def forward(x: Any) -> Any:
        read: list[Any] = []

        def note(number: int, layer: Any, own: Callable[..., Any], inputs: Any) -> Any:
            if number in lookups.by_call:
                flat = tf.reshape(inputs, (-1, lookups.by_call[number].owners.size))
                read.append(tf.cast(flat, tf.float64))
            return own(inputs)

        with intercepted(lookups.model, note):
            trace(lookups.signature.split(x))
        return tf.concat(read, axis=1)

    compiled = CompiledFunction(forward, lookups.signature.n_inputs, dtype=lookups.signature.dtype)
    layers = [each.layer for each in lookups.by_call.values() for _ in range(each.owners.size)]
    known = np.array([layer.input_dim for layer in layers])

    def check(x: Array) -> None:
        tokens = compiled.outputs(x)
        bad = (tokens < 0) | (tokens >= known) | (tokens != np.round(tokens))
        if bad.any():
            row, column = (int(i) for i in np.argwhere(bad)[0])
            raise ValueError(
                f"Row {row} holds the token {tokens[row, column]:g}, which Embedding "
                f"{layers[column].name!r} doesn't know: expected whole numbers from 0 to "
                f"{known[column] - 1}."
            )

    return check
