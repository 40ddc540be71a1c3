"""A network as a plain Keras model from flat rows to what is explained, for packages that ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explainprune.network.backend import keras, tf
from explainprune.network.functions.inputs import InputSpec
from explainprune.network.functions.keras_network import KerasNetwork
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.protocol import Model
from explainprune.network.tracing.same import FIRST_ROWS, check_same, precision_of
from explainprune.network.tracing.traced import traced
from explainprune.types import Array


def flat_model(network: KerasNetwork, rows: Array, output: int | None = None) -> Model:
    """Return a Functional model that computes the explained outputs of flat rows.

    It shares the variables of the network's model and runs in inference mode. Logits are looked
    through as the network does it: the operations inside are the model's own, in the graph that
    is being traced, so that gradients may be overridden by those who do such things.

    Parameters
    ----------
    network : KerasNetwork
    rows : ndarray (n, n_inputs)
        Some on which the model is held against the network.
    output : int, optional
        The one output that is kept; None: all.

    Returns
    -------
    keras.Model
        (n, n_inputs) → (n, n_outputs) or (n, 1).

    Raises
    ------
    ValueError
        If it outputs something else than the network.
    """
    dtype = network.signature.dtype
    read = keras.Input((network.n_inputs,), dtype=dtype, name="rows")
    explained = _Explained(network, output)
    # A list, since shap calls models with lists of inputs.
    model = keras.Model([read], explained(read))
    some = rows[:FIRST_ROWS]
    found = traced(explained.call, tf.TensorSpec((None, network.n_inputs), dtype))
    own = explained.call(tf.constant(some, dtype))
    precision = precision_of(layers_inside(network.model))
    check_same(found(tf.constant(some, dtype)).numpy(), own.numpy(), "The flat model", precision)
    return model


class _Explained(keras.Layer):  # type: ignore[misc]
    """The network's forward pass as a layer."""

    def __init__(self, network: KerasNetwork, output: int | None) -> None:
        super().__init__(name="explained")
        self._network = network
        self._columns = slice(None) if output is None else slice(output, output + 1)

    def compute_output_shape(self, shape: Any) -> tuple[int | None, int]:
        """Count the columns that are kept."""
        kept = range(self._network.n_outputs)[self._columns]
        return (shape[0], len(kept))

    def call(self, rows: Any) -> Any:
        """Trace the network where a graph is being built; elsewhere run it."""
        if tf.inside_function():
            tensors = _cut(rows, self._network.signature.parts)
            return self._network.trace(tensors)[:, self._columns]
        return tf.constant(self._network.outputs(rows.numpy())[:, self._columns])


def _cut(rows: Any, parts: Sequence[InputSpec]) -> list[Any]:
    """Cut flat rows into one tensor for each input, with slices: shap knows no split."""
    tensors, start = [], 0
    for part in parts:
        piece = rows if len(parts) == 1 else rows[:, start : start + part.size]
        tensors.append(tf.cast(tf.reshape(piece, (-1, *part.sizes)), part.dtype))
        start += part.size
    return tensors
