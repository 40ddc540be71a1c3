"""Graphs inside of a graph: bodies of loops, branches and functions that an operation calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LOOPS = ("While", "StatelessWhile")
BRANCHES = ("If", "StatelessIf", "Case", "StatelessCase")
CALLS = ("PartitionedCall", "StatefulPartitionedCall")


@dataclass(frozen=True)
class Called:
    """One graph that an operation calls.

    Attributes
    ----------
    graph : FuncGraph
    outputs : list of tensor
        Of the inner graph, one for each output of the operation; none for a loop's condition.
    links : dict of tensor reference to list of tensor
        For each input of the inner graph, what it stands for: a tensor outside and, in a loop,
        what the last turn made.
    always : list of tensor
        Of the inner graph, needed whatever is needed of the operation: a loop's condition.
    choice : frozenset of tensor reference
        The operation's input that says which branch is taken.
    """

    graph: Any
    outputs: list[Any]
    links: dict[Any, list[Any]]
    always: list[Any] = field(default_factory=list)
    choice: frozenset[Any] = frozenset()


def called(op: Any) -> list[Called]:
    """Return the graphs that an operation calls, none for most; those not known are left out."""
    if op.type in LOOPS:
        return _loop(op)
    if op.type in BRANCHES:
        names = ("then_branch", "else_branch") if op.type.endswith("If") else ("branches",)
        graphs = [graph for name in names for graph in _graphs(op, name)]
        choice = frozenset([op.inputs[0].ref()])
        return [
            Called(each, list(each.outputs), _links(each, op.inputs[1:]), choice=choice)
            for each in graphs
        ]
    if op.type in CALLS:
        return [
            Called(each, list(each.outputs), _links(each, op.inputs)) for each in _graphs(op, "f")
        ]
    return []


def _loop(op: Any) -> list[Called]:
    """Link what goes into each turn to what goes into the loop, and to what the last turn made."""
    conditions, bodies = _graphs(op, "cond"), _graphs(op, "body")
    if not conditions or not bodies:
        return []
    condition, body = conditions[0], bodies[0]
    again = list(body.outputs)
    return [
        Called(body, again, _links(body, op.inputs, again)),
        Called(condition, [], _links(condition, op.inputs, again), always=list(condition.outputs)),
    ]


def _links(graph: Any, outside: Any, again: Any = ()) -> dict[Any, list[Any]]:
    return {
        each.ref(): [given, *again[place : place + 1]]
        for place, (each, given) in enumerate(zip(graph.inputs, outside, strict=False))
    }


def _graphs(op: Any, attribute: str) -> list[Any]:
    """Look up the graphs of the functions that an attribute names."""
    find = getattr(op.graph, "_get_function", None)
    value = op.get_attr(attribute)
    names = [each.name for each in (value if isinstance(value, list) else [value])]
    found = [find(name) for name in names] if find else []
    return [each.graph for each in found if each is not None and hasattr(each, "graph")]
