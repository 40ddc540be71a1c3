"""Which units every tensor of a graph has, and which of them stand or fall together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.graph.graph import Call, Graph, read_graph
from explainprune.network.graph.nodes import has_graph
from explainprune.network.layers.families import own_name
from explainprune.network.layers.kind import passing_of
from explainprune.network.layers.passing import Passing, Placed, no_change
from explainprune.network.layers.registry import kind_of
from explainprune.network.layers.units import LeaveWhole, Ledger, Units
from explainprune.network.layers.whole import WHOLE, fixed_entries, fixed_units, leave_whole
from explainprune.network.protocol import Model
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class UnitGraph:
    """A graph whose tensors have units.

    Attributes
    ----------
    graph : Graph
    placed : list of Placed
    kinds : list of Passing
    units : dict of int to Units
        By tensor number.
    groups : ndarray of int
        For each unit, its coupled group.
    fixed : dict of int to str
        Groups that stay, with the reason.
    left_whole : dict of str to str
        Layers that are not followed, with the reason.
    noted : dict of str to str
        The same with those that touch only the model's inputs and outputs.
    stops : list of (str, int, ndarray of int)
        Where units end without being removed: the layer, the tensor, positions in it.
    couples : bool
        Whether units that meet stand or fall together.
    shared : list of list of int
        Positions in `placed` of the calls of each layer that is called at several places and cut.
    """

    graph: Graph
    placed: list[Placed]
    kinds: list[Passing]
    units: dict[int, Units]
    groups: Array
    fixed: dict[int, str]
    left_whole: dict[str, str]
    noted: dict[str, str] = field(default_factory=dict)
    stops: list[tuple[str, int, Array]] = field(default_factory=list)
    shared: list[list[int]] = field(default_factory=list)
    couples: bool = True

    def groups_of(self, tensor: int) -> Array:
        """Return the group of each position of a tensor."""
        found: Array = self.groups[self.units[tensor].atoms]
        return found

    def inner(self, index: int) -> Array:
        """Return the groups of the units inside a call that lie on no tensor."""
        of_kind = self.kinds[index].inner
        atoms = np.zeros(0, dtype=np.int64) if of_kind is None else of_kind(self.placed[index])
        found: Array = self.groups[atoms]
        return found


def trace_model(
    model: Model, masks: Mapping[int, Array] | None = None, *, couples: bool = True
) -> UnitGraph:
    """Follow units through a Sequential or Functional model; `masks` as `Graph.weighted` has them.

    Raises
    ------
    TypeError, ValueError
        If the model is no Keras model, is subclassed, or has no input shape yet.
    """
    refuse(model)
    return trace(read_graph(model).weighted(masks), couples=couples)


def refuse(model: Model) -> None:
    """Raise for a model whose layer graph is not known."""
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"shrink takes a Keras model. Received: {type(model).__name__}"
            + (
                ", a saved computation without layers; it can be explained but not shrunk."
                if own_name(model) == "TFSMLayer"
                else "."
            )
        )
    if isinstance(model, keras.Sequential) and model._functional is None:
        raise ValueError(
            f"Model {model.name!r} has no input shape yet. Build it, call it once, or begin it "
            "with keras.Input, then shrink it."
        )
    if not has_graph(model):
        raise ValueError(
            f"Model {model.name!r} is a subclassed model ({type(model).__name__}): its layer graph "
            "is Python code, so it can be explained but not shrunk. Expected: Sequential or "
            "Functional."
        )


def trace(graph: Graph, *, couples: bool = True, read_only: bool = False) -> UnitGraph:
    """Follow units from the inputs of a graph to its outputs.

    Parameters
    ----------
    graph : Graph
    couples : bool
        Whether units that meet in a sum stand or fall together; if not, they end there.
    read_only : bool
        Whether units are followed to see what reads them, not to take any out: each entry of an
        input is then one by itself, and they pass layers that couldn't do with fewer.
    """
    barred: dict[int, str] = {}
    while True:
        found = _Tracer(graph, Ledger(couples=couples, cuts=not read_only), barred)
        found.run()
        odd = found.odd()
        if not odd:
            return found.traced()
        barred |= odd


class _Tracer:
    """One walk along the graph; layers in `barred` are left whole, with the reason."""

    def __init__(self, graph: Graph, ledger: Ledger, barred: dict[int, str]) -> None:
        self.graph, self.ledger, self.barred = graph, ledger, barred
        stay = fixed_units if ledger.cuts else fixed_entries
        self.units = {
            i: stay(graph.shapes[i], ledger, "its units are inputs") for i in graph.inputs
        }
        self.placed: list[Placed] = []
        self.kinds: list[Passing] = []
        self.whole: dict[int, str] = {}  # why a call is left whole, by its position

    def run(self) -> None:
        """Follow all calls."""
        for index, call in enumerate(self.graph.calls):
            inputs = tuple(self.units[i] for i in call.inputs)
            for i in call.masks:
                told = f"its units tell {call.path!r} which steps to skip"
                self.ledger.fix(self.units[i].atoms, told)
                self.ledger.stop(call.path, i, np.arange(len(self.units[i].atoms)))
            kind, placed = self._follow(index, call, inputs)
            self.placed.append(placed)
            self.kinds.append(kind)
            self.units.update(zip(call.outputs, placed.outputs, strict=True))

    def _follow(self, index: int, call: Call, inputs: tuple[Units, ...]) -> tuple[Passing, Placed]:
        try:
            if id(call.operation) in self.barred:
                raise LeaveWhole(self.barred[id(call.operation)])
            kind = passing_of(kind_of(call.operation), call)
            return kind, Placed(call, inputs, *kind.trace(call, inputs, self.ledger))
        except LeaveWhole as why:
            apart = tuple(self._as_channels(call, *each) for each in enumerate(inputs))
            if apart != inputs:
                return self._follow(index, call, apart)
            self.whole[index] = str(why)
            whole = leave_whole(call, inputs, self.ledger, str(why))
            return WHOLE, Placed(call, inputs, whole)

    def _as_channels(self, call: Call, k: int, units: Units) -> Units:
        """End units that are single entries of a row; let those of the last axis take over."""
        if units.axis != 0:
            return units
        self.ledger.stop(call.path, call.inputs[k], np.arange(len(units.atoms)))
        return fixed_units(call.shapes_in[k], self.ledger, f"others end in {call.path!r}")

    def _uses(self) -> list[list[int]]:
        """Return the calls of each layer that is called at several places."""
        found: dict[int, list[int]] = defaultdict(list)
        for index, call in enumerate(self.graph.calls):
            found[id(call.operation)].append(index)
        return [indices for indices in found.values() if len(indices) > 1]

    def odd(self) -> dict[int, str]:
        """Return the shared layers that can be followed at some of their places only."""
        found = {}
        for indices in self._uses():
            operation, count = self.graph.calls[indices[0]].operation, len(indices)
            reasons = [self.whole[index] for index in indices if index in self.whole]
            if reasons and len(reasons) < count:
                found[id(operation)] = (
                    f"it is used at {count} places, and at one of them {reasons[0]}"
                )
            elif not reasons and self._is_cut(indices[0]) and not self._alike(indices):
                found[id(operation)] = (
                    f"it is used at {count} places, with its units on different axes"
                )
        return found

    def _is_cut(self, index: int) -> bool:
        return bool(self.placed[index].weights) or self.kinds[index].change is not no_change

    def _alike(self, indices: list[int]) -> bool:
        """Tell whether a layer meets the same axis, with as many units, wherever it is called."""
        met = [
            [
                (len(units.atoms), units.axis - len(shape))
                for units, shape in zip(self.placed[index].inputs, call.shapes_in, strict=True)
            ]
            for index, call in ((i, self.graph.calls[i]) for i in indices)
        ]
        return all(each == met[0] for each in met)

    def traced(self) -> UnitGraph:
        """Couple what is one layer's at all of its places, and number the groups."""
        shared = [
            indices
            for indices in self._uses()
            if indices[0] not in self.whole and self._is_cut(indices[0])
        ]
        for indices in shared:
            for one, other in pairwise(indices):
                self._couple(self.placed[one], self.placed[other], self.kinds[one])
        self._couple_nested()
        ends = self._ends()
        self.ledger.fix(ends, "its units are the model's inputs or outputs")
        groups = self.ledger.groups()
        fixed = self.ledger.reasons(groups)
        left = self.ledger.left_whole(groups, ends)
        outer = set(groups[ends].tolist())
        left |= _held(self.placed, self.kinds, groups, fixed, outer, left)
        return UnitGraph(
            self.graph,
            self.placed,
            self.kinds,
            self.units,
            groups,
            fixed,
            left,
            self.ledger.noted(),
            self.ledger.stops,
            shared,
            self.ledger.couples,
        )

    def _couple(self, one: Placed, other: Placed, kind: Passing) -> None:
        """Let a layer's units at two of its places be the same ones."""
        pairs = [*zip(one.inputs, other.inputs, strict=True)]
        pairs += [*zip(one.outputs, other.outputs, strict=True)]
        for a, b in pairs:
            self.ledger.couple(a.atoms, b.atoms)
        if kind.inner is not None:
            self.ledger.couple(kind.inner(one), kind.inner(other))

    def _couple_nested(self) -> None:
        """Couple what a nested model reads at its places: it has one shape for its inputs."""
        for reads in self.graph.nested.values():
            for one, other in pairwise(reads):
                for i, j in zip(one, other, strict=True):
                    a, b = self.units[i], self.units[j]
                    if len(a.atoms) == len(b.atoms) and a.axis == b.axis:
                        self.ledger.couple(a.atoms, b.atoms)
                        continue
                    for units in (a, b):
                        self.ledger.fix(units.atoms, "its units enter a model at several places")

    def _ends(self) -> Array:
        """Return the units of inputs and outputs, those behind a final softmax included."""
        outputs = set(self.graph.outputs)
        for one, kind in zip(self.placed[::-1], self.kinds[::-1], strict=True):
            known, last = kind_of(one.call.operation), outputs.issuperset(one.call.outputs)
            if last and kind is WHOLE and (known.bends or known.head):
                outputs.update(one.call.inputs)
        ends = (*self.graph.inputs, *sorted(outputs))
        return np.concatenate([self.units[i].atoms for i in ends])


def _held(
    placed: list[Placed],
    kinds: list[Passing],
    groups: Array,
    fixed: dict[int, str],
    ends: set[int],
    left: dict[str, str],
) -> dict[str, str]:
    """Return the layers none of whose units can go because of a layer that is left whole."""
    found = {}
    for one, kind in zip(placed, kinds, strict=True):
        if kind.makes is not None and one.call.path not in left:
            mine = set(groups[one.outputs[0].atoms].tolist())
            if mine <= fixed.keys() and not mine <= ends:
                found[one.call.path] = next(fixed[g] for g in sorted(mine) if g not in ends)
    return found
