"""What each output hangs on, followed through a traced graph, and where the way back ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.tracing.dependence import layer_of, needed
from explainprune.network.tracing.reaching.flow import Flow
from explainprune.network.tracing.reaching.spreading import one_row
from explainprune.network.tracing.reaching.stops import Stops
from explainprune.types import Array

MOST_FEATURES = 2048
"""Features that are told apart: of more, neighbours count as one."""


@dataclass(frozen=True)
class Reach:
    """What is lost on the way back from each output.

    Attributes
    ----------
    lost : tuple of dict of int to str
        For each output, the features that it hangs on and that no way back reaches, each with the
        operation at which its last way ends.
    partly : tuple of dict of int to str
        Those that are reached, though not by all of their ways.
    reached : tuple of frozenset of int
        All that are reached; not told where nothing is lost.
    """

    lost: tuple[dict[int, str], ...]
    partly: tuple[dict[int, str], ...]
    reached: tuple[frozenset[int], ...]

    def of(
        self, outputs: Iterable[int], owners: Array | None = None
    ) -> tuple[dict[int, str], dict[int, str]]:
        """Return what is lost, and what is reached in part, on the way from some outputs.

        Parameters
        ----------
        outputs : iterable of int
        owners : ndarray of int (inputs,), optional
            The feature that each input belongs to: it is lost where none of its inputs is reached.
        """
        lost: dict[int, str] = {}
        partly: dict[int, str] = {}
        for each in sorted(set(outputs)):
            gone, some = (_owned(found, owners) for found in (self.lost[each], self.partly[each]))
            reached = _owned(dict.fromkeys(self.reached[each], ""), owners)
            lost |= {feature: op for feature, op in gone.items() if feature not in reached}
            partly |= some | {feature: op for feature, op in gone.items() if feature in reached}
        return lost, {feature: op for feature, op in partly.items() if feature not in lost}

    def and_(self, other: Reach) -> Reach:
        """Return what is lost on the way from either of two networks' outputs."""
        pairs = [zip(a, b, strict=True) for a, b in zip(_parts(self), _parts(other), strict=True)]
        lost, partly, reached = pairs
        return Reach(
            tuple(a | b for a, b in lost),
            tuple(a | b for a, b in partly),
            tuple(a | b for a, b in reached),
        )


def _parts(reach: Reach) -> tuple[Any, Any, Any]:
    return reach.lost, reach.partly, reach.reached


def nothing_lost(outputs: int) -> Reach:
    """Return that every way can be followed back."""
    return Reach(({},) * outputs, ({},) * outputs, (frozenset(),) * outputs)


def _owned(found: Mapping[int, str], owners: Array | None) -> dict[int, str]:
    if owners is None:
        return dict(found)
    return {int(owners[number]): op for number, op in found.items()}


def reach_of(
    start: Any, end: Any, stops: Stops, operations: Iterable[Any] | None = None, *,
    bodies: Mapping[Any, list[Any]] | None = None,
) -> Reach:  # fmt: skip
    """Compare what the outputs hang on with what a way back reaches, feature by feature.

    Parameters
    ----------
    start : tensor (n, features)
        One of more axes counts as a single feature.
    end : tensor (n, outputs)
        Of the graph that is being traced.
    stops : callable
    operations : iterable, optional
        Those to follow, each after all that it reads; None: all of the graph.
    bodies : mapping of operation to list of tensor, optional
        What operations output whose functions are written out in the graph.
    """
    made = list(end.graph.get_operations() if operations is None else operations)
    flow = Flow(stops, bodies or {})
    one = start.shape.rank != 2
    features, outputs = 1 if one else int(start.shape[1]), int(end.shape[1])
    if not flow.ends_anywhere(start, end, made):
        return nothing_lost(outputs)
    together = -(-features // MOST_FEATURES)  # neighbours share a mark where there are too many
    groups = np.arange(features) // together
    singles = np.array([flow.marks.single(group) for group in range(groups[-1] + 1)], np.int32)
    given = np.broadcast_to(singles[0], one_row(start)) if one else singles[groups][None]
    marks = flow.follow({start.ref(): given}, made, needed([end]))
    found = marks.get(end.ref(), np.zeros((1, outputs), np.int32))
    at = {number: _of_mark(flow, number, groups) for number in np.unique(found)}
    each = [at[number] for number in np.broadcast_to(found, (1, outputs))[0]]
    return Reach(*zip(*each, strict=True))


def _of_mark(
    flow: Flow, number: int, groups: Array
) -> tuple[dict[int, str], dict[int, str], frozenset[int]]:
    """Name the operation at which the way of each group's features ends, the first of them."""
    mark, operations = flow.marks.all[number], flow.places
    ends = dict(sorted(mark.cut, reverse=True))
    names = {group: named(operations[place]) for group, place in ends.items()}
    each = list(enumerate(groups.tolist()))
    lost, reached = mark.on - mark.by, mark.by & names.keys()
    return (
        {feature: names.get(g, "an operation") for feature, g in each if g in lost},
        {feature: names[g] for feature, g in each if g in reached},
        frozenset(feature for feature, g in each if g in mark.by),
    )


def named(op: Any) -> str:
    """Name an operation and its layer, and what a cast turns numbers into."""
    what = f"{op.type} to {op.outputs[0].dtype.name}" if op.type == "Cast" else str(op.type)
    layer = layer_of(op)
    return what if layer == op.name else f"{what} of {layer!r}"
