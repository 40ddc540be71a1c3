"""The way back through a traced graph: what arrives at operations goes on by a rule for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.tracing.dependence import SIZES
from explainprune.network.tracing.reaching import Reach, of_walk, reach_of

Rule = Callable[..., list[Any]]
"""``rule(op, arrived, depends, context)`` → what each of the sources gets, or None.

`arrived` has one entry for each of the operation's outputs (None where nothing came), `depends`
tells for each source whether it hangs on the start. The context is what a method's rules share:
pairs of rows, or a divisor's epsilon.
"""


@dataclass(frozen=True)
class Step:
    """One rule on the way back: it hands what arrived at `op`'s outputs to `sources`.

    A rule may pass several operations at once: then the sources are what the first of them read.
    """

    op: Any
    sources: tuple[Any, ...]
    rule: Rule


class Walk:
    """The operations between inputs and outputs of the graph that is being traced.

    Parameters
    ----------
    starts, ends : collection of tensor
    constant : collection of str
        Types of operations whose outputs count as constants, whatever goes in.
    opened : (list of operation, dict of operation to list of tensor), optional
        All operations, each after what it reads, and what functions output that are written out
        among them; None: those of the graph as it is.

    Attributes
    ----------
    operations : list
        Those on the way, each after all it depends on.
    steps : list of Step
        In the same order; empty before `plan`.
    order : dict of operation to int
    bodies : dict of operation to list of tensor
    """

    def __init__(
        self,
        starts: Collection[Any],
        ends: Collection[Any],
        constant: Collection[str] = (),
        opened: tuple[list[Any], Mapping[Any, list[Any]]] | None = None,
    ) -> None:
        self.starts, self.ends, self._constant = list(starts), list(ends), tuple(constant)
        made, bodies = opened or (self.ends[0].graph.get_operations(), {})
        self.bodies: Mapping[Any, list[Any]] = bodies
        self.order = {op: number for number, op in enumerate(made)}
        self.dependent = dependents(self.starts, made, {*SIZES, *constant})
        needed = self._needed()
        given = {tensor.op for tensor in self.starts}
        self.operations = [
            op
            for op in made
            if op not in given
            and any(t.ref() in self.dependent and t.ref() in needed for t in op.outputs)
        ]
        self.steps: list[Step] = []
        self._ended: set[tuple[Any, Any]] = set()

    def depends(self, tensor: Any) -> bool:
        """Tell whether a tensor's values depend on the starts."""
        return tensor.ref() in self.dependent

    def _needed(self) -> set[Any]:
        """Find the tensors that the ends are computed from."""
        needed: set[Any] = set()
        stack = list(self.ends)
        while stack:
            tensor = stack.pop()
            if tensor.ref() not in needed:
                needed.add(tensor.ref())
                stack.extend(tensor.op.inputs)
                stack.extend(self.bodies.get(tensor.op, ()))
        return needed

    def plan(self, choose: Callable[[Any], Step], to: Collection[Any] | None = None) -> None:
        """Choose a step for each operation that is reached from the ends and leads to `to`."""
        wanted = self.starts if to is None else to
        leading = dependents(wanted, self.order, {*SIZES, *self._constant})
        reached = {tensor.ref() for tensor in self.ends}
        for op in reversed(self.operations):
            read = [*op.inputs, *self.bodies.get(op, ())]
            arrives = any(tensor.ref() in reached for tensor in op.outputs)
            if arrives and any(tensor.ref() in leading for tensor in read):
                step = (
                    Step(op, tuple(self.bodies[op]), _within) if op in self.bodies else choose(op)
                )
                self.steps.append(step)
                reached |= {t.ref() for t in step.sources if self.depends(t)}
        self.steps.reverse()

    def back(self, seeds: Iterable[Any], context: Any) -> dict[Any, Any]:
        """Carry one seed for each end back; return what arrived at each tensor, by reference.

        What arrives at a tensor from several operations is added.
        """
        parts: dict[Any, list[Any]] = defaultdict(list)
        found: dict[Any, Any] = {}

        def arrived_at(tensor: Any) -> Any:
            given = parts.pop(tensor.ref(), [])
            if given:
                found[tensor.ref()] = given[0] if len(given) == 1 else tf.add_n(given)
            return found.get(tensor.ref())

        for end, seed in zip(self.ends, seeds, strict=True):
            parts[end.ref()].append(seed)
        for step in reversed(self.steps):
            arrived = [arrived_at(tensor) for tensor in step.op.outputs]
            if any(each is not None for each in arrived):
                for tensor, each in self._taken(step, arrived, context):
                    parts[tensor.ref()].append(each)
        for ref in list(parts):
            arrived_at(ref.deref())
        return found

    def _taken(self, step: Step, arrived: list[Any], context: Any) -> list[tuple[Any, Any]]:
        """Take a step; note which of the tensors that it leads to got nothing."""
        depends = [self.depends(tensor) for tensor in step.sources]
        carried = step.rule(step.op, arrived, depends, context)
        paid = []
        for tensor, depend, each in zip(step.sources, depends, carried, strict=True):
            if depend and each is None:
                self._ended.add((step.op, tensor.ref()))
            elif depend:
                each.set_shape(tensor.shape)  # some operations' gradients don't know theirs
                paid.append((tensor, each))
        return paid

    def reach(self) -> Reach:
        """Tell which inputs got nothing, though the end hangs on them; known after the way back."""
        stops = of_walk(self._ended, self._constant)
        return reach_of(self.starts[0], self.ends[0], stops, self.order, bodies=self.bodies)


def dependents(starts: Iterable[Any], operations: Iterable[Any], ends: Collection[str]) -> set[Any]:
    """Find the tensors that depend on `starts`, by reference.

    Parameters
    ----------
    starts : iterable of tensor
    operations : iterable
        In the order of creation: inputs come first.
    ends : collection of str
        Types of operations at which dependence ends.
    """
    found = {tensor.ref() for tensor in starts}
    for op in operations:
        if op.type not in ends and any(tensor.ref() in found for tensor in op.inputs):
            found.update(tensor.ref() for tensor in op.outputs)
    return found


def _within(op: Any, arrived: list[Any], depends: list[bool], context: Any) -> list[Any]:
    """Hand on to what a function's own operations output."""
    return arrived
