"""What depends on what in a traced graph, for walks back through its operations."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.tracing.called import called

SIZES = ("Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike", "NonZero")
"""What these read of a tensor is its sizes, not its values: dependence ends there."""


def dependents(start: Any, operations: Iterable[Any], ends: Collection[str]) -> set[Any]:
    """Find the tensors that depend on `start`, by reference.

    Parameters
    ----------
    start : tensor
    operations : iterable
        In the order of creation: inputs come first.
    ends : collection of str
        Types of operations at which dependence ends.
    """
    found = {start.ref()}
    for op in operations:
        if op.type not in ends and any(tensor.ref() in found for tensor in op.inputs):
            found.update(tensor.ref() for tensor in op.outputs)
    return found


def needed(ends: Iterable[Any]) -> set[Any]:
    """Find the tensors that `ends` are computed from, by reference, inside of functions too.

    Of a loop or another function that a graph calls, only those inputs count which reach the
    outputs that are needed.
    """
    found: set[Any] = set()
    links: dict[Any, list[Any]] = {}
    stack = list(ends)
    while stack:
        tensor = stack.pop()
        if tensor.ref() in found:
            continue
        found.add(tensor.ref())
        inner = called(tensor.op)
        for body in inner:
            links |= body.links
            stack += body.always
            stack += body.outputs[tensor.value_index : tensor.value_index + 1]
        stack += links.get(tensor.ref(), () if inner else tensor.op.inputs)
        if inner:  # which branch is taken
            stack += [given for given in tensor.op.inputs if given.ref() in inner[0].choice]
    return found


def total(parts: list[Any]) -> Any:
    """Add up what arrived at a tensor; None where nothing did."""
    return None if not parts else parts[0] if len(parts) == 1 else tf.add_n(parts)


def layer_of(op: Any) -> str:
    """Return the part of an operation's name that names its layer."""
    parts = [part for part in op.name.split("/")[:-1] if not part.startswith("PartitionedCall")]
    return "/".join(parts[:2]) or str(op.name)
