"""Guided backpropagation: gradients that pass a ReLU only where they are positive."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.relevance.through import naming, through
from explainprune.network.walks.walk import Step

RECTIFIERS = ("Relu", "Relu6")


def guided(op: Any) -> Step:
    """Return the step of an operation that gradients reach."""
    rule = rectified if op.type in RECTIFIERS else through
    return Step(op, tuple(op.inputs), naming(rule))


def rectified(op: Any, arrived: list[Any], depends: list[bool], context: Any = None) -> list[Any]:
    """Carry the positive part of a gradient back through a ReLU."""
    return through(op, [tf.nn.relu(arrived[0])], depends)
