"""Where a model's inputs enter its Embeddings, and which feature each token is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.compiled import CompiledFunction
from explainprune.network.functions.signature import Signature
from explainprune.network.protocol import Model
from explainprune.network.wiring.calls import Call, Calls, calls_of, in_inference
from explainprune.network.wiring.graph import has_graph, layers_inside
from explainprune.types import Array

UNKNOWN = object()
"""Stands for a tensor that is not computed."""

# One token in, one token out, whatever number it becomes.
_TOKENWISE = ("IntegerLookup", "Hashing", "Discretization")

Run = Callable[[Call, tuple[Any, ...], dict[str, Any]], Any]


@dataclass(frozen=True)
class Cut:
    """One call of an Embedding on a model's inputs.

    Attributes
    ----------
    call : Call
    owners : ndarray of int
        Flat input feature of each token, shaped like one row of what the Embedding reads.
    dim : int
        Length of a token's vector.
    """

    call: Call
    owners: Array
    dim: int


@dataclass
class Cuts:
    """All cuts of a model.

    Attributes
    ----------
    signature : Signature
    opened : Calls
        The model's graph, nested models opened.
    cuts : list of Cut
    others : dict of str to list of str
        For each input that feeds an Embedding, the layers it feeds besides.
    """

    signature: Signature
    opened: Calls
    cuts: list[Cut] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """Say which inputs feed something besides an Embedding, and what follows."""
        notes = []
        kinds = {part.name: part.dtype for part in self.signature.parts}
        for name, paths in self.others.items():
            what = f"Input {name!r} feeds an Embedding and also {', '.join(paths)}: "
            missed = "gradients see only its way through the Embedding."
            both = "a token's value is the sum of both ways."
            notes.append(what + (both if "float" in kinds[name] else missed))
        return tuple(notes)

    @property
    def owners(self) -> Array:
        """Flat input features that feed an Embedding."""
        return np.unique(np.concatenate([cut.owners.ravel() for cut in self.cuts]))


def skipping_unknown(run: Run) -> Run:
    """Compute a call only if everything that it reads is known."""

    def careful(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = UNKNOWN
        if all(value is not UNKNOWN for value in keras.tree.flatten((args, kwargs))):
            result = run(call, args, kwargs)
        return [UNKNOWN] * len(call.outputs) if result is UNKNOWN else result

    return careful


def find_cuts(model: Model, signature: Signature) -> Cuts | None:
    """Follow each input feature through whatever only moves it, up to the Embeddings.

    The graph is run on the features' own numbers, p in a first row and 2p + 1 in a second: where
    both rows tell of the same features, nothing was computed, only moved.

    Returns
    -------
    Cuts or None
        None if no input feeds an Embedding, the model has no graph, or it reads text.
    """
    embeddings = [x for x in layers_inside(model) if isinstance(x, keras.layers.Embedding)]
    if not embeddings or not has_graph(model) or signature.texts:
        return None
    found = Cuts(signature, calls_of(model))
    names = np.repeat([p.name for p in signature.parts], [p.size for p in signature.parts])
    fed_besides: list[tuple[Array, str]] = []

    def follow(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if isinstance(call.operation, keras.layers.Embedding):
            owners = args[0].numpy()[0].astype(np.int64)
            found.cuts.append(Cut(call, owners, int(call.operation.output_dim)))
            return UNKNOWN
        if call.kind in _TOKENWISE:
            return args[0]
        moved = _moved(call, args, kwargs, signature.n_inputs)
        if moved is UNKNOWN:
            read = [value.numpy()[0].ravel() for value in _tensors((args, kwargs))]
            fed_besides.append((np.concatenate(read).astype(np.int64), call.path))
        return moved

    with keras.StatelessScope():
        found.opened.run(_numbers(signature), skipping_unknown(follow))
    if not found.cuts:
        return None
    cut = set(names[found.owners])
    for owners, path in fed_besides:
        for name in sorted(cut & set(names[owners])):
            found.others.setdefault(str(name), []).append(repr(path))
    return found


def _numbers(signature: Signature) -> list[Any]:
    """Return the features' own numbers: p in the first row, 2p + 1 in the second."""
    start, tensors = 0, []
    for part in signature.parts:
        row = np.arange(start, start + part.size).reshape(part.sizes)
        tensors.append(tf.constant(np.stack([row, 2 * row + 1]), dtype=tf.int64))
        start += part.size
    return tensors


def _tensors(arguments: Any) -> list[Any]:
    return [value for value in keras.tree.flatten(arguments) if tf.is_tensor(value)]


def _moved(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any], count: int) -> Any:
    """Run a call on numbered features; UNKNOWN if it does more than move them."""
    try:
        results = keras.tree.flatten(in_inference(call, args, kwargs))
        rows = [np.asarray(result) for result in results]
    except Exception:  # whatever a layer says to numbers it wasn't made for
        return UNKNOWN
    for row in rows:
        if row.ndim == 0 or len(row) != 2 or row.dtype.kind not in "fiu":
            return UNKNOWN
        if not ((row[1] == 2 * row[0] + 1) & (row[0] >= 0) & (row[0] < count)).all():
            return UNKNOWN
    return results


def token_check(cuts: Cuts) -> Callable[[Array], None]:
    """Return a function that raises where flat rows hold tokens which an Embedding doesn't know."""
    found: list[Any] = []

    def forward(x: Any) -> Any:
        at = {cut.call.outputs for cut in cuts.cuts}

        def record(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if call.outputs in at:
                found.append(args[0])
                return UNKNOWN
            return in_inference(call, args, kwargs)

        found.clear()
        cuts.opened.run(cuts.signature.split(x), skipping_unknown(record))
        width = [cut.owners.size for cut in cuts.cuts]
        flat = [tf.reshape(ids, (-1, w)) for ids, w in zip(found, width, strict=True)]
        return tf.concat([tf.cast(ids, tf.float64) for ids in flat], axis=1)

    compiled = CompiledFunction(forward, cuts.signature.n_inputs, dtype=cuts.signature.dtype)
    layers = [cut.call.operation for cut in cuts.cuts for _ in range(cut.owners.size)]
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
