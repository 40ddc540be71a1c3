"""A network cut at the outputs of the Embeddings that its inputs feed: tokens have no gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.functions.compiled import CompiledFunction
from explainprune.network.functions.lookups import NOBODY, Lookup, Lookups, Trace, intercepted
from explainprune.network.functions.signature import Signature
from explainprune.network.protocol import Model
from explainprune.network.tracing.reaching import Reach
from explainprune.types import Array


class EmbeddedNetwork:
    """Outputs and gradients over embedded rows; a `Network` like the one it was cut from.

    An embedded row holds the vectors of all tokens, one Embedding after the other, and then the
    model's own flat inputs: masks need them, and so does whatever else they feed. A token's value
    is the sum over its vector, plus its own where it feeds something besides the Embedding.

    Parameters
    ----------
    lookups : Lookups
    trace : callable
        From one symbolic tensor for each input to what is explained.
    numbers : collection of str
        Integer inputs that are read as numbers.

    Attributes
    ----------
    n_inputs, n_outputs, rows_per_call : int
        `n_inputs` counts the numbers of an embedded row.
    owners : ndarray of int (n_inputs,)
        For each number of an embedded row, the flat input feature that it belongs to.
    """

    def __init__(
        self,
        lookups: Lookups,
        trace: Trace,
        numbers: frozenset[str] = frozenset(),
        *,
        memory_bytes: int = 2**28,
    ) -> None:
        self._lookups, self._trace, self._numbers = lookups, trace, numbers
        self._raw = lookups.signature.n_inputs
        sizes = [len(each.owned) * each.dim for each in lookups.by_call.values()]
        starts = np.cumsum([0, *sizes])
        self._slices = {
            number: slice(int(a), int(b))
            for number, a, b in zip(lookups.by_call, starts[:-1], starts[1:], strict=True)
        }
        vectors = [
            np.repeat(each.owners.ravel()[each.owned], each.dim)
            for each in lookups.by_call.values()
        ]
        self.owners = np.concatenate([*vectors, np.arange(self._raw)])
        dtype = lookups.signature.dtype
        self._embed = CompiledFunction(
            self._forward_vectors, self._raw, dtype=dtype, memory_bytes=memory_bytes
        )
        self._compiled = CompiledFunction(
            self._forward, self.owners.size, dtype=dtype, memory_bytes=memory_bytes
        )
        self.n_inputs = self._compiled.n_inputs
        self.n_outputs = self._compiled.n_outputs
        self.rows_per_call = self._compiled.rows_per_call

    def outputs(self, x: Array) -> Array:
        """Return all outputs of each embedded row: (n, n_inputs) → (n, n_outputs)."""
        return self._compiled.outputs(x)

    def gradients(self, x: Array, targets: Array) -> Array:
        """Return the gradient of output ``targets[i]`` at embedded row i: (n, n_inputs)."""
        return self._compiled.gradients(x, targets)

    def jacobian(self, x: Array) -> Array:
        """Return the gradients of all outputs: (n, n_inputs) → (n, n_inputs, n_outputs)."""
        return self._compiled.jacobian(x)

    @property
    def reach(self) -> Reach:
        """Which numbers of an embedded row gradients don't reach."""
        return self._compiled.reach

    @property
    def signature(self) -> Signature:
        """What the model reads."""
        return self._lookups.signature

    @property
    def source(self) -> Model:
        """The model that was cut."""
        return self._lookups.model

    def embed(self, x: Array) -> Array:
        """Embed the model's flat rows: (n, features) → (n, n_inputs)."""
        return np.concatenate(
            [self._embed.outputs(x), np.asarray(x, self._lookups.signature.dtype)], axis=1
        )

    @property
    def n_vectors(self) -> int:
        """How many of a row's numbers are the vectors of tokens; the model's inputs follow."""
        return self.owners.size - self._raw

    def smooth_forward(self, x: Any) -> Any:
        """Trace the model on embedded rows, integers read as numbers where they may be."""
        return self._forward(x)

    def _forward(self, x: Any) -> Any:
        """Trace the model on embedded rows."""

        def replaced(number: int, layer: Any, own: Callable[..., Any], inputs: Any) -> Any:
            # Masks need no care: they are made from the tokens, beside their vectors.
            each = self._lookups.by_call.get(number)
            return own(inputs) if each is None else self._vectors(x, number, each, own, inputs)

        with intercepted(self._lookups.model, replaced):
            return self._trace(self.signature.split(x[:, self.n_vectors :], self._numbers))

    def _vectors(
        self, x: Any, number: int, each: Lookup, own: Callable[..., Any], inputs: Any
    ) -> Any:
        """Give the row's own vectors for what an Embedding would have output."""
        given = tf.reshape(x[:, self._slices[number]], (-1, len(each.owned), each.dim))
        given = tf.cast(given, each.layer.compute_dtype)
        constant = np.flatnonzero(each.owners.ravel() == NOBODY)
        if len(constant):
            flat = tf.reshape(own(inputs), (-1, each.owners.size, each.dim))
            both = tf.concat([given, tf.gather(flat, constant, axis=1)], axis=1)
            order = np.argsort(np.concatenate([each.owned, constant]))
            given = tf.gather(both, order, axis=1)
        return tf.reshape(given, (-1, *each.owners.shape, each.dim))

    def _forward_vectors(self, x: Any) -> Any:
        """Trace the Embeddings alone: flat rows → their vectors."""
        found: list[Any] = []

        def note(number: int, layer: Any, own: Callable[..., Any], inputs: Any) -> Any:
            made, each = own(inputs), self._lookups.by_call.get(number)
            if each is not None:
                flat = tf.reshape(made, (-1, each.owners.size, each.dim))
                owned = tf.gather(flat, each.owned, axis=1)
                found.append(tf.reshape(owned, (-1, len(each.owned) * each.dim)))
            return made

        with intercepted(self._lookups.model, note):
            self._trace(self.signature.split(x))
        wide = any(tensor.dtype == tf.float64 for tensor in found)
        return tf.concat([tf.cast(t, "float64" if wide else "float32") for t in found], axis=1)
