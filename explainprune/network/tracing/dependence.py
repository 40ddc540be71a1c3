"""What outputs of a traced graph are computed from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from explainprune.network.tracing.called import called

SIZES = ("Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike", "NonZero")
"""What these read of a tensor is its sizes, not its values: dependence ends there."""


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


def layer_of(op: Any) -> str:
    """Return the part of an operation's name that names its layer."""
    parts = [part for part in op.name.split("/")[:-1] if not part.startswith("PartitionedCall")]
    return "/".join(parts[:2]) or str(op.name)
