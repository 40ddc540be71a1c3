"""The operations of a traced graph between two tensors, and a walk back through them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.tracing.dependence import SIZES, dependents, layer_of, total
from explainprune.network.tracing.reaching import Reach, of_walk, reach_of

Step = Callable[[Any, list[Any]], Iterable[tuple[Any, Any]]]
"""``(operation, what arrived at each of its outputs or None)`` → tensors and what they get."""


class Between:
    """What lies between an input and an output tensor of the graph that is being traced.

    Parameters
    ----------
    start, end : tensor
    constant : collection of str
        Types of operations whose outputs count as constants, whatever goes in.

    Attributes
    ----------
    operations : list
        Those on the way, each after all it depends on.
    """

    def __init__(self, start: Any, end: Any, constant: Iterable[str] = ()) -> None:
        self.start, self.end = start, end
        self._constant, self._made = tuple(constant), end.graph.get_operations()
        self._ended: set[tuple[Any, Any]] = set()
        self._dependent = dependents(start, self._made, {*SIZES, *constant})
        needed = _needed(end, self._dependent)
        self.operations = [
            op
            for op in self._made
            if op is not start.op and any(tensor.ref() in needed for tensor in op.outputs)
        ]
        self._readers: dict[Any, list[Any]] = defaultdict(list)
        for op in self.operations:
            for ref in dict.fromkeys(tensor.ref() for tensor in op.inputs):
                self._readers[ref].append(op)

    def depends(self, tensor: Any) -> bool:
        """Tell whether a tensor's values depend on the start."""
        return tensor.ref() in self._dependent

    def only_reader(self, tensor: Any) -> Any:
        """Return the one operation on the way that reads a tensor, or None."""
        readers = self._readers[tensor.ref()]
        return readers[0] if len(readers) == 1 and tensor is not self.end else None

    def back(self, seed: Any, step: Step) -> Any:
        """Hand `seed` back from the end to the start; what arrives twice is added.

        Raises
        ------
        ValueError
            If `step` fails at an operation: it and its layer are named.
        """
        found: dict[Any, list[Any]] = defaultdict(list)
        found[self.end.ref()].append(seed)
        for op in reversed(self.operations):
            arrived = [total(found[tensor.ref()]) for tensor in op.outputs]
            if all(each is None for each in arrived):
                continue
            paid = []
            for tensor, given in _named(op, step, arrived):
                if given is not None and self.depends(tensor):
                    found[tensor.ref()].append(tf.convert_to_tensor(given))
                    paid.append(tensor.ref())
            self._note(op, paid)
        arrived_there = total(found[self.start.ref()])
        return tf.zeros_like(self.start) if arrived_there is None else arrived_there

    def _note(self, op: Any, paid: list[Any]) -> None:
        """Note which of an operation's inputs got nothing, unless several were passed at once."""
        read = {tensor.ref() for tensor in op.inputs if self.depends(tensor)}
        if read.issuperset(paid):
            self._ended.update((op, ref) for ref in read.difference(paid))

    def reach(self) -> Reach:
        """Tell which inputs got nothing, though the end hangs on them; known after the way back."""
        return reach_of(self.start, self.end, of_walk(self._ended, self._constant), self._made)


def through(op: Any, arrived: list[Any], inputs: list[Any]) -> list[Any]:
    """Carry what arrived back by the operation's own gradient, to each of `inputs`."""
    reached = [
        (out, grad) for out, grad in zip(op.outputs, arrived, strict=True) if grad is not None
    ]
    found: list[Any] = tf.gradients(
        [out for out, _ in reached],
        inputs,
        grad_ys=[tf.cast(grad, out.dtype) for out, grad in reached],
        # Of one input another may be made: each counts by itself.
        stop_gradients=list(op.inputs),
    )
    return found


def _needed(end: Any, dependent: set[Any]) -> set[Any]:
    """Find those of the dependent tensors that `end` is computed from."""
    needed: set[Any] = set()
    stack = [end]
    while stack:
        tensor = stack.pop()
        if tensor.ref() in dependent and tensor.ref() not in needed:
            needed.add(tensor.ref())
            stack.extend(tensor.op.inputs)
    return needed


def _named(op: Any, step: Step, arrived: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Take a step, and name the operation if it fails."""
    try:
        yield from step(op, arrived)
    except Exception as error:
        # TensorFlow fails in many ways where an operation has no gradient, loops above all.
        reason = str(error).strip().splitlines()[0] if str(error).strip() else ""
        raise ValueError(
            f"nothing can be handed back through operation {op.type!r} of layer "
            f"{layer_of(op)!r} ({type(error).__name__}: {reason})"
        ) from error
