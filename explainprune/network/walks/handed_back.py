"""What a network's output hands back to its input, compiled once for each network and rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.protocol import kept_by_network
from explainprune.network.tracing.memory import rows_within
from explainprune.network.walks.checked import CheckedGraph
from explainprune.network.walks.relevance.rules import CONSTANT, RECTIFIERS, Relevance, guided
from explainprune.network.walks.walk import Walk
from explainprune.types import Array

Back = Callable[[Any, Any, Any], tuple[Walk, dict[Any, Any]]]
"""``(rows, outputs, one-hot targets)`` → the way back, in the graph being traced, and what arrived
at its tensors."""


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
        self._network, self._back, self._what = network, back, what
        targets = tf.TensorSpec((None,), tf.int32)
        self._graph = CheckedGraph(network, what, self._traced, 1, targets)
        self.rows_per_call = rows_within(memory_bytes, self._graph.bytes_per_row)

    def _traced(self, rows: Any, targets: Any) -> tuple[Any, Any]:
        outputs = self._network.smooth_forward(rows)
        one_hot = tf.one_hot(targets, outputs.shape[1], dtype=outputs.dtype)
        try:
            walk, found = self._back(rows, outputs, one_hot)
        except ValueError as error:
            raise ValueError(f"{self._what}: {error} Use method='expected_gradients'.") from None
        self.reach = walk.reach()
        return found.get(rows.ref(), tf.zeros_like(rows)), outputs

    def __call__(self, x: Array, targets: Array) -> Array:
        """Return what output ``targets[i]`` hands back to each feature of row i."""
        return self._graph(x, targets=targets)


@kept_by_network
def relevance_of(network: Any, rule: str, epsilon: float) -> HandedBack:
    """Return layer-wise relevance propagation from the output itself.

    Parameters
    ----------
    network : KerasNetwork or EmbeddedNetwork
    rule : str
        A name in ``RULES``.
    epsilon : float
    """

    def back(rows: Any, outputs: Any, one_hot: Any) -> tuple[Walk, dict[Any, Any]]:
        walk = Walk([rows], [outputs], CONSTANT)
        walk.plan(Relevance(walk, rule))
        return walk, walk.back([outputs * one_hot], epsilon)

    return HandedBack(network, back, "lrp")


@kept_by_network
def guided_of(network: Any) -> tuple[HandedBack, int]:
    """Return guided backpropagation, and at how many ReLUs it is guided."""
    counts: list[int] = []

    def back(rows: Any, outputs: Any, one_hot: Any) -> tuple[Walk, dict[Any, Any]]:
        walk = Walk([rows], [outputs])
        counts.append(sum(op.type in RECTIFIERS for op in walk.operations))
        walk.plan(guided)
        return walk, walk.back([one_hot], None)

    return HandedBack(network, back, "guided_backprop"), counts[0]
