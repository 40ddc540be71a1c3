"""The backward walk: from multipliers of the output to multipliers of the input."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from explainprune.lookup import nearest
from explainprune.network.backend import tf
from explainprune.network.rescale.pairs import Pairs
from explainprune.network.rescale.places import inner_places
from explainprune.network.rescale.rules import RULES

SIZES = ("Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike", "NonZero")
"""What these read of a tensor is its sizes, not its values: dependence ends there."""


class Walk:
    """A traced graph between an input and an output tensor.

    Parameters
    ----------
    start, end : tensor
        Of the graph that is being traced.

    Raises
    ------
    ValueError
        If an operation on the way has no rule, naming it (its name begins with the layer's).
    """

    def __init__(self, start: Any, end: Any) -> None:
        self.start, self.end = start, end
        self.dependent = self._dependent()
        self.operations = [
            op
            for op in end.graph.get_operations()
            if op is not start.op
            and any(t.ref() in self.dependent and t.ref() in self.needed for t in op.outputs)
        ]
        for op in self.operations:
            if op.type not in RULES:
                raise ValueError(
                    f"deep_shap has no rule for operation {op.type!r} of layer "
                    f"{layer_of(op)!r}.{nearest(op.type, RULES)} Use method='expected_gradients' "
                    "or method='permutation', which need no rules."
                )
        self.inner = inner_places(self.operations)

    def _dependent(self) -> set[Any]:
        """Find the tensors that depend on the start, among those the end needs."""
        self.needed: set[Any] = set()
        stack = [self.end]
        while stack:
            tensor = stack.pop()
            if tensor.ref() not in self.needed:
                self.needed.add(tensor.ref())
                stack.extend(tensor.op.inputs)
        dependent = {self.start.ref()}
        for op in self.end.graph.get_operations():  # in the order of creation: inputs come first
            if op.type not in SIZES and any(tensor.ref() in dependent for tensor in op.inputs):
                dependent.update(tensor.ref() for tensor in op.outputs)
        return dependent

    def back(self, seed: Any, pairs: Pairs) -> Any:
        """Carry `seed`, one row for each pair, from the end back to the start."""
        found: dict[Any, list[Any]] = defaultdict(list)
        found[self.end.ref()].append(seed)
        for op in reversed(self.operations):
            grads = [_total(found[tensor.ref()]) for tensor in op.outputs]
            if all(grad is None for grad in grads):
                continue
            depends = [tensor.ref() in self.dependent for tensor in op.inputs]
            for tensor, grad in zip(
                op.inputs, RULES[op.type](op, grads, depends, pairs), strict=True
            ):
                if grad is not None and tensor.ref() in self.dependent:
                    found[tensor.ref()].append(grad)
        total = _total(found[self.start.ref()])
        return total if total is not None else tf.zeros(pairs.sizes(self.start))


def _total(grads: list[Any]) -> Any:
    return None if not grads else grads[0] if len(grads) == 1 else tf.add_n(grads)


def layer_of(op: Any) -> str:
    """Return the part of an operation's name that names its layer."""
    parts = [part for part in op.name.split("/")[:-1] if not part.startswith("PartitionedCall")]
    return "/".join(parts[:2]) or op.name
