"""Where a model's inputs enter its Embeddings, and which feature each token is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.functions.compiled import CompiledFunction
from explainprune.network.functions.lookups import embeddings_in, intercepted
from explainprune.network.functions.signature import Signature
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


@dataclass(frozen=True)
class Cut:
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
class Cuts:
    """All cuts of a model.

    Attributes
    ----------
    model : keras.Model
    signature : Signature
    cuts : dict of int to Cut
        By the number of the Embedding's call.
    """

    model: Model
    signature: Signature
    cuts: dict[int, Cut]


def find_cuts(model: Model, signature: Signature, trace: Trace) -> Cuts | None:
    """Follow each input feature through the traced graph, up to the Embeddings.

    It doesn't matter where an Embedding is called: in the model's graph, inside of a layer, or by
    a subclassed model. A call whose tokens hang on several features each is no cut.

    Returns
    -------
    Cuts or None
        None if no input feeds an Embedding, or the model reads text.
    """
    if not embeddings_in(model) or signature.texts:
        return None
    found: dict[int, Cut] = {}

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
                found[number] = Cut(layer, each, int(layer.output_dim))
        return outputs

    traced(forward, tf.TensorSpec((None, signature.n_inputs), signature.dtype))
    return Cuts(model, signature, found) if found else None


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


def token_check(cuts: Cuts, trace: Trace) -> Callable[[Array], None]:
    """Return a function that raises where flat rows hold tokens which an Embedding doesn't know."""

    def forward(x: Any) -> Any:
        read: list[Any] = []

        def note(number: int, layer: Any, own: Callable[..., Any], inputs: Any) -> Any:
            if number in cuts.cuts:
                flat = tf.reshape(inputs, (-1, cuts.cuts[number].owners.size))
                read.append(tf.cast(flat, tf.float64))
            return own(inputs)

        with intercepted(cuts.model, note):
            trace(cuts.signature.split(x))
        return tf.concat(read, axis=1)

    compiled = CompiledFunction(forward, cuts.signature.n_inputs, dtype=cuts.signature.dtype)
    layers = [cut.layer for cut in cuts.cuts.values() for _ in range(cut.owners.size)]
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
