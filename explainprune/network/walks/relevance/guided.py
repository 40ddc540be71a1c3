"""Guided backpropagation: gradients that pass a ReLU only where they are positive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.relevance.traced import Between, through

RECTIFIERS = ("Relu", "Relu6")


class Guided:
    """Steps that hand gradients back through a graph, cut at every ReLU.

    Parameters
    ----------
    between : Between
    """

    def __init__(self, between: Between) -> None:
        self.between = between
        self.rectifiers = sum(op.type in RECTIFIERS for op in between.operations)

    def step(self, op: Any, arrived: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Carry a gradient back; at a ReLU only its positive part."""
        if op.type in RECTIFIERS:
            arrived = [tf.nn.relu(arrived[0])]
        inputs = [tensor for tensor in op.inputs if self.between.depends(tensor)]
        yield from zip(inputs, through(op, arrived, inputs), strict=True)
