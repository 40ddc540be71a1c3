"""What a layer's channels see in each place, and how much the output hangs on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.backend import keras, tf
from explainprune.network.functions.keras_network import KerasNetwork
from explainprune.network.functions.text import refuse_text
from explainprune.network.graph.graph import Call, Graph, read_graph
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.layers.registry import kind_of
from explainprune.network.protocol import kept_by_network
from explainprune.network.statistics.taps import chains
from explainprune.network.tracing.memory import bytes_per_row, rows_within
from explainprune.network.tracing.reaching import of_gradients, reach_of
from explainprune.network.tracing.same import FIRST_ROWS, check_same, precision_of
from explainprune.network.tracing.traced import traced
from explainprune.types import Array


class FeatureMaps:
    """A compiled function of rows and targets: a layer's output, and the gradient there.

    Parameters
    ----------
    network : KerasNetwork
        Of a Sequential or Functional model.
    layer : str, optional
        Path of a layer whose output has places and channels. None: the last convolution, read
        behind the normalisation and the activation that follow it.

    Attributes
    ----------
    layer : str
    rows_per_call : int
        How many rows fit into one call within the memory bound.
    reach : Reach
        Whether gradients of the outputs reach the maps, as a single feature.

    Raises
    ------
    ValueError
        If there is no such layer, none to choose, or no graph to look into; on the first call, if
        the graph outputs something else than the model.
    """

    def __init__(self, network: Any, layer: str | None, memory_bytes: int = 2**28) -> None:
        if not isinstance(network, KerasNetwork):
            raise ValueError(
                "gradcam reads the feature maps of a Keras model without embeddings. Received: a "
                f"{type(network).__name__}. Use method='occlusion'."
            )
        self._network = network
        self._graph = read_graph(network.model)
        self.layer, self._number = _place(self._graph, layer)
        rows = tf.TensorSpec((None, network.n_inputs), network.signature.dtype)
        self._compiled = traced(self._traced, rows, tf.TensorSpec((None,), tf.int32))
        self.rows_per_call = rows_within(memory_bytes, bytes_per_row(self._compiled.graph))
        self._held = False

    def _traced(self, rows: Any, targets: Any) -> tuple[Any, Any, Any]:
        signature = self._network.signature
        with keras.StatelessScope():
            values = self._graph.run(signature.split(rows))
        raw = [values[number] for number in self._graph.outputs]
        outputs = self._network._head(raw, signature.output_names)
        one_hot = tf.one_hot(targets, outputs.shape[1], dtype=outputs.dtype)
        maps = values[self._number]
        self.reach = reach_of(maps, outputs, of_gradients())
        grads = tf.gradients(outputs, maps, one_hot, unconnected_gradients="zero")[0]
        return maps, grads, outputs

    def __call__(self, x: Array, targets: Array) -> tuple[Array, Array]:
        """Return maps and gradients of output ``targets[i]`` there: (n, *places, channels) each."""
        maps, grads, outputs = self._compiled(
            tf.constant(x, self._network.signature.dtype),
            tf.constant(np.asarray(targets), tf.int32),
        )
        if not self._held:
            own = self._network.outputs(x[:FIRST_ROWS])
            precision = precision_of(layers_inside(self._network.model))
            check_same(outputs[:FIRST_ROWS].numpy(), own, "gradcam: its graph", precision)
            self._held = True
        return maps.numpy(), grads.numpy()


def _place(graph: Graph, layer: str | None) -> tuple[str, int]:
    """Return the path of the layer and the number of the tensor to read."""
    spatial = {
        call.path: call
        for call in graph.calls
        if call.is_layer and len(call.outputs) == 1 and len(call.shapes_out[0]) >= 3
    }
    if layer is not None:
        if layer not in spatial:
            raise unknown("layer with places and channels", layer, spatial)
        return layer, spatial[layer].outputs[0]
    found = [path for path, call in spatial.items() if kind_of(call.operation).convolves]
    if not found:
        kinds = ", ".join(dict.fromkeys(call.shown for call in graph.calls if call.is_layer))
        raise ValueError(
            f"gradcam needs a convolution, and the model has none (its layers: {kinds}). Name a "
            "layer with places and channels by layer=, or use method='expected_gradients'."
        )
    last = found[-1]
    behind: list[Call] = chains(graph).get(last, [])
    return last, (behind[-1] if behind else spatial[last]).outputs[0]


@kept_by_network
def feature_maps_of(network: Any, layer: str | None) -> FeatureMaps:
    """Return the feature maps of a network's layer, compiled once."""
    refuse_text(network)
    return FeatureMaps(network, layer)
