"""How much memory a traced graph takes for each row."""

from __future__ import annotations

import math
from typing import Any

from explainprune.network.tracing.called import called

# Operations that output what they were given.
_VIEWS = {"Identity", "IdentityN", "Reshape", "Squeeze", "ExpandDims", "StopGradient"}

MOST_ROWS = 65_536
"""Rows in one call at most: larger batches gain nothing and delay an interrupt."""


def rows_within(memory_bytes: int, row: float) -> int:
    """Return how many rows of so many bytes fit into one call; one always does."""
    return int(min(MOST_ROWS, max(1, memory_bytes // max(1, row))))


def bytes_per_row(graph: Any) -> int:
    """Bound the memory of a forward and a backward pass over one row.

    The sum of what all operations output, loops counted as often as they run: a gradient keeps
    less than half of it (activations, not what went into them) and needs as much again on its way
    back. Measured on dense, convolutional, recurrent and MobileNet-like models, it is 1.1 to 4
    times what a call takes.
    """
    total = 0
    for operation in graph.get_operations():
        inner = called(operation)
        if inner:
            total += _turns(operation) * max(bytes_per_row(each.graph) for each in inner)
        elif operation.type not in _VIEWS:
            total += sum(_bytes(tensor) for tensor in operation.outputs)
    return total


def _bytes(tensor: Any) -> int:
    """Size of one row of a tensor; 0 if it has no row axis. Sizes not known count as one."""
    shape: list[int | None] = tensor.shape.as_list() if tensor.shape.rank else []
    if None not in shape:
        return 0
    return int(tensor.dtype.size or 0) * math.prod(each or 1 for each in shape)


def _turns(operation: Any) -> int:
    """Count how often a loop over the steps of a sequence runs."""
    steps = [
        tensor.op.inputs[0].shape[0]
        for tensor in operation.inputs
        if tensor.op.type == "TensorListFromTensor"
    ]
    return max((int(step) for step in steps if step), default=1)
