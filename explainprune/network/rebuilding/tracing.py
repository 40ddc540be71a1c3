"""Units, constants and needs of every tensor of a graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explainprune.network.rebuilding.graph import Call, Graph
from explainprune.network.rebuilding.kinds import kind_of
from explainprune.network.rebuilding.kinds.kind import Arrays, Kind, Needs, Placed
from explainprune.network.rebuilding.kinds.whole import WHOLE, fixed_units, leave_whole
from explainprune.network.rebuilding.units import LeaveWhole, Ledger, Units
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Traced:
    """A graph whose tensors have units.

    Attributes
    ----------
    graph : Graph
    placed : list of Placed
    kinds : list of Kind
    units : dict of int to Units
        By tensor number.
    groups : ndarray of int
        For each unit, its coupled group.
    fixed : dict of int to str
        Groups that stay, with the reason.
    left_whole : dict of str to str
        Layers that are not followed, with the reason.
    """

    graph: Graph
    placed: list[Placed]
    kinds: list[Kind]
    units: dict[int, Units]
    groups: Array
    fixed: dict[int, str]
    left_whole: dict[str, str]

    def groups_of(self, tensor: int) -> Array:
        """Return the group of each position of a tensor."""
        found: Array = self.groups[self.units[tensor].atoms]
        return found


def trace(graph: Graph) -> Traced:
    """Follow units from the inputs of a graph to its outputs."""
    ledger = Ledger()
    units = {i: fixed_units(graph.shapes[i], ledger, "its units are inputs") for i in graph.inputs}
    placed, kinds = [], []
    for call in graph.calls:
        inputs = tuple(units[i] for i in call.inputs)
        for i in call.masks:
            ledger.fix(units[i].atoms, f"its units tell {call.path!r} which steps to skip")
        kind, outputs, extra = _follow(call, inputs, ledger)
        placed.append(Placed(call, inputs, outputs, extra))
        kinds.append(kind)
        units.update(zip(call.outputs, outputs, strict=True))
    ends = _ends(graph, placed, kinds, units)
    ledger.fix(ends, "its units are the model's inputs or outputs")
    groups = ledger.groups()
    fixed = ledger.reasons(groups)
    left = ledger.left_whole(groups, ends)
    left |= _held(placed, kinds, groups, fixed, set(groups[ends].tolist()), left)
    return Traced(graph, placed, kinds, units, groups, fixed, left)


def _follow(
    call: Call, inputs: tuple[Units, ...], ledger: Ledger
) -> tuple[Kind, tuple[Units, ...], object]:
    try:
        kind = kind_of(call)
        return kind, *kind.trace(call, inputs, ledger)
    except LeaveWhole as why:
        return WHOLE, leave_whole(call, inputs, ledger, str(why)), None


def _ends(graph: Graph, placed: list[Placed], kinds: list[Kind], units: dict[int, Units]) -> Array:
    """Return the units of inputs and outputs, those behind a final softmax included."""
    outputs = set(graph.outputs)
    for one, kind in zip(placed[::-1], kinds[::-1], strict=True):
        last = kind is WHOLE and one.call.kind in ("Softmax", "Activation")
        if last and outputs.issuperset(one.call.outputs):
            outputs.update(one.call.inputs)
    return np.concatenate([units[i].atoms for i in (*graph.inputs, *sorted(outputs))])


def _held(
    placed: list[Placed],
    kinds: list[Kind],
    groups: Array,
    fixed: dict[int, str],
    ends: set[int],
    left: dict[str, str],
) -> dict[str, str]:
    """Return the layers none of whose units can go because of a layer that is left whole."""
    found = {}
    for one, kind in zip(placed, kinds, strict=True):
        if kind.produces and one.call.path not in left:
            mine = set(groups[one.outputs[0].atoms].tolist())
            if mine <= fixed.keys() and not mine <= ends:
                found[one.call.path] = next(fixed[g] for g in sorted(mine) if g not in ends)
    return found


def constants(traced: Traced, seen: dict[int, Array] | None = None) -> dict[int, Array]:
    """Return, for each tensor, the constant at each unit position; NaN where there is none.

    Parameters
    ----------
    traced : Traced
    seen : dict of int to ndarray, optional
        Constants observed on calibration data, by tensor number.
    """
    found = {i: np.full(len(traced.units[i].atoms), np.nan) for i in traced.graph.inputs}
    for placed, kind in zip(traced.placed, traced.kinds, strict=True):
        results = kind.constants(placed, tuple(found[i] for i in placed.call.inputs))
        for i, values in zip(placed.call.outputs, results, strict=True):
            if seen and i in seen:
                values = np.where(np.isnan(values), seen[i], values)
            found[i] = values
    return found


def needs(traced: Traced, constant: dict[int, Array], pinned: dict[int, Array]) -> list[Needs]:
    """Return what each call needs of its inputs, from the outputs backwards.

    Parameters
    ----------
    traced : Traced
    constant : dict of int to ndarray
        By tensor number.
    pinned : dict of int to ndarray of bool
        Positions that are constant only as long as what feeds them is there.
    """
    needed = {i: np.zeros(len(units.atoms), dtype=bool) for i, units in traced.units.items()}
    for i in traced.graph.outputs:
        needed[i][:] = True

    def at(numbers: tuple[int, ...], table: dict[int, Array]) -> Arrays:
        return tuple(table[i] for i in numbers)

    made = {
        i: np.where(pinned[i], np.nan, values) if i in pinned else values
        for i, values in constant.items()
    }
    found = []
    pairs = list(zip(traced.placed, traced.kinds, strict=True))
    for placed, kind in reversed(pairs):
        inputs, outputs = placed.call.inputs, placed.call.outputs
        need = kind.needs(placed, at(outputs, needed), at(inputs, constant), at(outputs, made))
        for i, wanted in zip(inputs, need.needed, strict=True):
            needed[i] |= wanted
        for i in placed.call.masks:
            needed[i][:] = True
        found.append(need)
    return found[::-1]
