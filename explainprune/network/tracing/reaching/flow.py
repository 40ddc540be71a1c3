"""Marks of features, followed forward through a traced graph, into loops and branches too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from explainprune.network.tracing.called import BRANCHES, LOOPS, called
from explainprune.network.tracing.dependence import SIZES, needed
from explainprune.network.tracing.reaching.marks import Mark, Marks
from explainprune.network.tracing.reaching.spreading import one_row, spread
from explainprune.network.tracing.reaching.stops import Stops
from explainprune.types import Array

_TURNS = 100


class Flow:
    """Marks of all tensors that hang on some.

    Parameters
    ----------
    stops : callable
    bodies : mapping of operation to list of tensor
    """

    def __init__(self, stops: Stops, bodies: Mapping[Any, list[Any]] | None = None) -> None:
        self.marks, self._stops, self._bodies = Marks(), stops, bodies or {}
        self._places: dict[Any, int] = {}

    def ends_anywhere(self, start: Any, end: Any, operations: list[Any]) -> bool:
        """Tell whether any way from start to end stops: most graphs need no more than this."""
        wanted, hanging = needed([end]), {start.ref()}
        found = False
        for op in operations:
            read = [place for place, t in enumerate(op.inputs) if t.ref() in hanging]
            if op in self._bodies:
                read = [0] * any(t.ref() in hanging for t in self._bodies[op])
            if not read or op.type in SIZES:
                continue
            hanging.update(tensor.ref() for tensor in op.outputs)
            if any(tensor.ref() in wanted for tensor in op.outputs):
                opened = op in self._bodies
                deep = not opened and bool(called(op))
                mixed = any(self._stops.end_at(t) for t in op.outputs if t.ref() in wanted)
                found |= deep or (
                    not opened
                    and (
                        mixed
                        or op.type in self._stops.jumps
                        or any(self._stops.at(op, p) for p in read)
                    )
                )
        return found

    def follow(
        self, marks: dict[Any, Array], operations: Iterable[Any], wanted: set[Any] | None
    ) -> dict[Any, Array]:
        """Add the marks of all tensors made of those in `marks`, by reference."""
        for op in operations:
            if op.type in SIZES or not op.outputs or op.outputs[0].ref() in marks:
                continue
            if wanted is not None and not any(tensor.ref() in wanted for tensor in op.outputs):
                continue
            source = self._bodies.get(op, op.inputs)
            given = [marks.get(tensor.ref()) for tensor in source]
            if all(each is None for each in given):
                continue
            if op in self._bodies:
                made = [
                    np.zeros(one_row(t), np.int32) if each is None else each
                    for t, each in zip(op.outputs, given, strict=True)
                ]
            else:
                made = self._through(op, given)
            marks |= {t.ref(): each for t, each in zip(op.outputs, made, strict=True)}
        return marks

    def _through(self, op: Any, given: list[Array | None]) -> list[Array]:
        inner = called(op)
        if inner and op.type in LOOPS:
            return self._loop(op, given)
        if inner and op.type in BRANCHES:
            return self._branches(op, given)
        if inner:
            return self._inside(inner[0].graph, given, op.outputs)
        if str(op.node_def.attr["_gradient_op_type"].s, "utf8").startswith("Custom"):
            return self._of_its_own(op, given)
        passed = [
            each if each is None or not self._stops.at(op, place) else self._ended(op, each)
            for place, each in enumerate(given)
        ]
        made = spread(op, passed, self.marks)
        if op.type in self._stops.jumps:
            place = self._place(op)
            made = [self.marks.map(each, lambda n: self.marks.jump(n, place)) for each in made]
        return [
            self._ended(op, each) if self._stops.end_at(tensor) else each
            for tensor, each in zip(op.outputs, made, strict=True)
        ]

    @property
    def places(self) -> list[Any]:
        """The operations at which ways ended, by number."""
        return list(self._places)

    def _ended(self, op: Any, array: Array) -> Array:
        place = self._place(op)
        return self.marks.map(array, lambda number: self.marks.stop(number, place))

    def _place(self, op: Any) -> int:
        return self._places.setdefault(op, len(self._places))

    def _of_its_own(self, op: Any, given: list[Array | None]) -> list[Array]:
        """Follow a function with a gradient of its own: its arguments count, not its inside."""
        args = [
            each for place, each in enumerate(given)
            if each is not None and not self._stops.at(op, place)
        ]  # fmt: skip
        reached = self.marks.all[self.marks.whole(args)]

        def settle(number: int) -> int:
            mark = self.marks.all[number]
            gone = frozenset(c for c in mark.cut if c[0] not in reached.by)
            place = self._place(op)
            ended = frozenset((f, place) for f in mark.by - reached.by)
            return self.marks.number(Mark(mark.on, mark.on & reached.by, gone | ended))

        return [
            np.zeros(one_row(tensor), np.int32) if each is None else self.marks.map(each, settle)
            for tensor, each in zip(op.outputs, given, strict=True)
        ]

    def _inside(self, graph: Any, given: list[Array | None], outputs: Any) -> list[Array]:
        """Follow marks through a graph that is called."""
        marks = {
            each.ref(): mark
            for each, mark in zip(graph.inputs, given, strict=False)
            if mark is not None
        }
        self.follow(marks, graph.get_operations(), None)
        return [
            marks.get(inner.ref(), np.zeros(one_row(outer), np.int32))
            for inner, outer in zip(graph.outputs, outputs, strict=False)
        ]

    def _branches(self, op: Any, given: list[Array | None]) -> list[Array]:
        ways = [self._inside(each.graph, given[1:], op.outputs) for each in called(op)]
        made = [self.marks.beside(list(each)) for each in zip(*ways, strict=True)]
        if given[0] is None:
            return made
        choice = self._ended(op, np.asarray(given[0]).reshape(-1)[:1])
        return [self.marks.beside([each, choice.reshape(())]) for each in made]

    def _loop(self, op: Any, given: list[Array | None]) -> list[Array]:
        """Follow a loop until its marks stay."""
        body, condition = called(op)
        state: list[Array | None] = list(given)
        for _ in range(_TURNS):
            made = self._inside(body.graph, state, body.graph.outputs)
            joined = [
                new if old is None else self.marks.beside([old, new])
                for old, new in zip(state, made, strict=True)
            ]
            then = [each if each.any() else None for each in joined]
            if all(_same(*pair) for pair in zip(then, state, strict=True)):
                break
            state = then
        [until] = self._inside(condition.graph, state, condition.graph.outputs)
        turns = np.asarray(self.marks.whole([self._ended(op, until)]), np.int32)
        return [
            self.marks.beside([np.zeros(one_row(t), np.int32) if each is None else each, turns])
            for each, t in zip(state, op.outputs, strict=True)
        ]


def _same(a: Array | None, b: Array | None) -> bool:
    return a is b or (a is not None and b is not None and np.array_equal(a, b))
