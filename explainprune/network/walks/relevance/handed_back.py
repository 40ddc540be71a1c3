"""What a network's output hands back to its input, compiled once for each network and rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.functions.embedding import EmbeddedNetwork
from explainprune.network.functions.keras_network import KerasNetwork
from explainprune.network.functions.text import refuse_text
from explainprune.network.tracing.memory import bytes_per_row, rows_within
from explainprune.network.tracing.traced import traced
from explainprune.network.walks.relevance.guided import Guided
from explainprune.network.walks.relevance.relevance import CONSTANT, Relevance
from explainprune.network.walks.relevance.traced import Between
from explainprune.types import Array

Back = Callable[[Any, Any, Any], tuple[Any, Between]]
"""``(rows, outputs, one-hot targets)`` → what arrives at the rows, in the graph being traced, and
the way that it took."""


class HandedBack:
    """A compiled function of rows and the index of an output for each: (n, d), (n,) → (n, d).

    Parameters
    ----------
    network : KerasNetwork or EmbeddedNetwork
    back : callable
    what : str
        The method, for the errors.

    Attributes
    ----------
    rows_per_call : int
        How many rows fit into one call within the memory bound.
    reach : Reach
        Which inputs get nothing, though outputs hang on them.

    Raises
    ------
    ValueError
        If the network isn't a Keras model's, or an operation hands nothing back.
    """

    def __init__(self, network: Any, back: Back, what: str, memory_bytes: int = 2**28) -> None:
        if not isinstance(network, (KerasNetwork, EmbeddedNetwork)):
            raise ValueError(
                f"{what} goes back through a Keras model's operations. Received: a "
                f"{type(network).__name__}. Use method='expected_gradients' or 'permutation'."
            )
        refuse_text(network)
        self._forward, self._back = network.smooth_forward, back
        dtype = network._compiled._dtype
        self._dtype = dtype
        signature = (
            tf.TensorSpec((None, network.n_inputs), dtype),
            tf.TensorSpec((None,), tf.int32),
        )
        try:
            self._compiled = traced(self._traced, *signature)
        except ValueError as error:
            raise ValueError(f"{what}: {error} Use method='expected_gradients'.") from None
        self.rows_per_call = rows_within(memory_bytes, bytes_per_row(self._compiled.graph))

    def _traced(self, rows: Any, targets: Any) -> Any:
        outputs = self._forward(rows)
        one_hot = tf.one_hot(targets, outputs.shape[1], dtype=outputs.dtype)
        arrived, between = self._back(rows, outputs, one_hot)
        self.reach = between.reach()
        return arrived

    def __call__(self, x: Array, targets: Array) -> Array:
        """Return what output ``targets[i]`` hands back to each feature of row i."""
        found = self._compiled(
            tf.constant(x, self._dtype), tf.constant(np.asarray(targets), tf.int32)
        )
        values: Array = found.numpy()
        return values


@lru_cache(maxsize=8)
def relevance_of(network: Any, rule: str, epsilon: float) -> HandedBack:
    """Return layer-wise relevance propagation from the output itself.

    Parameters
    ----------
    network : KerasNetwork or EmbeddedNetwork
    rule : str
        A name in ``RULES``.
    epsilon : float
    """

    def back(rows: Any, outputs: Any, one_hot: Any) -> tuple[Any, Between]:
        between = Between(rows, outputs, CONSTANT)
        return between.back(outputs * one_hot, Relevance(between, rule, epsilon).step), between

    return HandedBack(network, back, "lrp")


@lru_cache(maxsize=8)
def guided_of(network: Any) -> tuple[HandedBack, int]:
    """Return guided backpropagation, and at how many ReLUs it is guided."""
    counts: list[int] = []

    def back(rows: Any, outputs: Any, one_hot: Any) -> tuple[Any, Between]:
        between = Between(rows, outputs)
        guided = Guided(between)
        counts.append(guided.rectifiers)
        return between.back(one_hot, guided.step), between

    return HandedBack(network, back, "guided_backprop"), counts[0]
