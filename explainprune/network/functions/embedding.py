"""A network cut at the outputs of the Embeddings that its inputs feed: tokens have no gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.compiled import CompiledFunction
from explainprune.network.functions.cuts import UNKNOWN, Cut, Cuts, skipping_unknown
from explainprune.network.wiring.calls import Call, in_inference
from explainprune.types import Array


class EmbeddedNetwork:
    """Outputs and gradients over embedded rows; a `Network` like the one it was cut from.

    An embedded row holds the vectors of all tokens, one Embedding after the other, and then the
    model's own flat inputs: masks need them, and so does whatever else they feed. A token's value
    is the sum over its vector, plus its own where it feeds something besides the Embedding.

    Attributes
    ----------
    n_inputs, n_outputs, rows_per_call : int
        `n_inputs` counts the numbers of an embedded row.
    owners : ndarray of int (n_inputs,)
        For each number of an embedded row, the flat input feature that it belongs to.
    notes : tuple of str
    """

    def __init__(self, cuts: Cuts, head: Any, *, memory_bytes: int = 2**28) -> None:
        self._cuts, self._head = cuts, head
        self._raw = cuts.signature.n_inputs
        self._at = {cut.call.outputs: cut for cut in cuts.cuts}
        starts = np.cumsum([0] + [cut.owners.size * cut.dim for cut in cuts.cuts])
        self._slices = {
            cut.call.outputs: slice(int(a), int(b))
            for cut, a, b in zip(cuts.cuts, starts[:-1], starts[1:], strict=True)
        }
        vectors = [np.repeat(cut.owners.ravel(), cut.dim) for cut in cuts.cuts]
        self.owners = np.concatenate([*vectors, np.arange(self._raw)])
        self.notes = cuts.notes
        dtype = cuts.signature.dtype
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

    def embed(self, x: Array) -> Array:
        """Embed the model's flat rows: (n, features) → (n, n_inputs)."""
        return np.concatenate(
            [self._embed.outputs(x), np.asarray(x, self._cuts.signature.dtype)], axis=1
        )

    def per_token(self, values: Array) -> Array:
        """Sum values over each token's vector: (n, n_inputs[, K]) → (n, features[, K])."""
        values = np.asarray(values)
        if values.ndim not in (2, 3) or values.shape[1] != self.n_inputs:
            raise ValueError(
                f"Expected values of shape (n, {self.n_inputs}) or (n, {self.n_inputs}, outputs). "
                f"Received: shape={values.shape}."
            )
        total = values[:, self.n_inputs - self._raw :].copy()
        for cut in self._cuts.cuts:
            part = values[:, self._slices[cut.call.outputs]]
            shape = (len(values), cut.owners.size, cut.dim, *values.shape[2:])
            sums = part.reshape(shape).sum(axis=2)
            for token, owner in enumerate(cut.owners.ravel()):  # a feature may be several tokens
                total[:, owner] += sums[:, token]
        return total

    def _forward(self, x: Any) -> Any:
        """Trace the model on embedded rows."""
        given = self._cuts.signature.split(x[:, self.n_vectors :])
        with keras.StatelessScope():
            values = self._cuts.opened.run(given, lambda *call: self._replaced(x, *call))
        raw = [values[number] for number in self._cuts.opened.outputs]
        return self._head(raw, self._cuts.signature.output_names)

    @property
    def n_vectors(self) -> int:
        """How many of a row's numbers are the vectors of tokens; the model's inputs follow."""
        return self.owners.size - self._raw

    def _replaced(self, x: Any, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Give the row's own vectors for what a cut Embedding would have put out."""
        cut = self._at.get(call.outputs)
        if cut is None:
            return in_inference(call, args, kwargs)
        flat = x[:, self._slices[call.outputs]]
        vectors = tf.reshape(flat, (-1, *cut.owners.shape, cut.dim))
        # Masks need no care: in the graph they are tensors of their own, made from the tokens.
        return tf.cast(vectors, call.operation.compute_dtype)

    def _forward_vectors(self, x: Any) -> Any:
        """Trace the Embeddings alone: flat rows → their vectors."""
        found: dict[tuple[int, ...], Any] = {}

        def record(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            result = in_inference(call, args, kwargs)
            if call.outputs not in self._at:
                return result
            found[call.outputs] = keras.tree.flatten(result)[0]
            return UNKNOWN

        self._cuts.opened.run(self._cuts.signature.split(x), skipping_unknown(record))
        flat = [_flat(found[cut.call.outputs], cut) for cut in self._cuts.cuts]
        wide = any(tensor.dtype == tf.float64 for tensor in flat)
        return tf.concat([tf.cast(t, "float64" if wide else "float32") for t in flat], axis=1)


def _flat(vectors: Any, cut: Cut) -> Any:
    return tf.reshape(vectors, (-1, cut.owners.size * cut.dim))
