"""A network's graph with its loops written out, traced with a way back, checked against it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.embedding import EmbeddedNetwork
from explainprune.network.functions.keras_network import KerasNetwork
from explainprune.network.functions.text import refuse_text
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.tracing.memory import bytes_per_row
from explainprune.network.tracing.same import check_same, precision_of
from explainprune.network.tracing.traced import traced
from explainprune.network.walks.unrolling import unrolled
from explainprune.types import Array


class CheckedGraph:
    """A compiled function that comes with what the network outputs for its rows.

    Parameters
    ----------
    network : KerasNetwork or EmbeddedNetwork
    what : str
        The method, for the errors.
    function : callable
        From `blocks` of flat rows and targets to what is wanted and the network's outputs for the
        rows, one block after the other.
    blocks : int
    targets : tf.TensorSpec

    Raises
    ------
    ValueError
        If the network isn't a Keras model's.
    """

    def __init__(
        self, network: Any, what: str, function: Callable[..., Any], blocks: int, targets: Any
    ) -> None:
        keras_network = isinstance(network, KerasNetwork)
        if not keras_network and not isinstance(network, EmbeddedNetwork):
            raise ValueError(
                f"{what} goes back through a Keras model's operations. Received: a "
                f"{type(network).__name__}. Use method='expected_gradients' or 'permutation'."
            )
        refuse_text(network)
        self._network, self._what, self._checked = network, what, False
        layers = layers_inside(network.model if keras_network else network.source)
        self._rewritten = any(isinstance(each, keras.layers.RNN) for each in layers)
        self._precision = precision_of(layers)
        self._dtype = network.signature.dtype
        block = tf.TensorSpec((None, network.n_inputs), self._dtype)
        with unrolled(layers):
            self._compiled = traced(function, *[block] * blocks, targets)
        self.bytes_per_row = bytes_per_row(self._compiled.graph)

    def __call__(self, *rows: Array, targets: Array) -> Array:
        """Call on blocks of rows.

        Raises
        ------
        ValueError
            If the graph, whose loops are written out, outputs something else than the network.
        """
        blocks = [tf.constant(each, self._dtype) for each in rows]
        found, outputs = self._compiled(*blocks, tf.constant(targets, tf.int32))
        if self._rewritten or not self._checked:
            own = self._network.outputs(np.concatenate(rows))
            check_same(outputs.numpy(), own, f"{self._what}: its graph", self._precision)
            self._checked = True
        values: Array = found.numpy()
        return values
