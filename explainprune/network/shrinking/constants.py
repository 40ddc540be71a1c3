"""What is constant in a graph, and what its outputs need."""

from __future__ import annotations

import numpy as np

from explainprune.network.layers.activations import mixes_units
from explainprune.network.layers.passing import Arrays, Needs
from explainprune.network.shrinking.tracing import UnitGraph
from explainprune.types import Array

Given = list[Arrays]
"""For each call, the constants of what it reads."""


def constants(traced: UnitGraph, seen: dict[int, Array] | None = None) -> dict[int, Array]:
    """Return, for each tensor, the constant at each unit position; NaN where there is none.

    A layer that is called at several places has one bias to move constants into: what differs
    from place to place isn't constant for it.

    Parameters
    ----------
    traced : UnitGraph
    seen : dict of int to ndarray, optional
        Constants observed on calibration data, by tensor number.
    """
    given: Given | None = None
    while True:
        found = _constants(traced, seen, given)
        agreed = given_constants(traced, found)
        if given is None:
            settled = not traced.shared
        else:
            settled = all(
                np.array_equal(a, b, equal_nan=True)
                for one, other in zip(agreed, given, strict=True)
                for a, b in zip(one, other, strict=True)
            )
        if settled:
            return found
        given = agreed


def _constants(
    traced: UnitGraph, seen: dict[int, Array] | None, given: Given | None
) -> dict[int, Array]:
    """Carry constants along; a shared layer is `given` what its places agreed on before."""
    found = {i: np.full(len(traced.units[i].atoms), np.nan) for i in traced.graph.inputs}
    shared = {index for indices in traced.shared for index in indices}
    for index, (placed, kind) in enumerate(zip(traced.placed, traced.kinds, strict=True)):
        read = tuple(found[i] for i in placed.call.inputs)
        if given is not None and index in shared:
            read = tuple(
                np.where(a == b, a, np.nan) for a, b in zip(read, given[index], strict=True)
            )
        results = kind.constants(placed, read)
        if mixes_units(placed.call.operation):  # what a softmax is given may be constant
            results = tuple(np.full_like(each, np.nan) for each in results)
        for i, values in zip(placed.call.outputs, results, strict=True):
            if seen and i in seen:
                values = np.where(np.isnan(values), seen[i], values)
            found[i] = values
    return found


def given_constants(traced: UnitGraph, constant: dict[int, Array]) -> Given:
    """Return the constants that each call reads; of a shared layer those all its places agree on.

    Parameters
    ----------
    traced : UnitGraph
    constant : dict of int to ndarray
        By tensor number.
    """
    given = [tuple(constant[i] for i in placed.call.inputs) for placed in traced.placed]
    for indices in traced.shared:
        agreed = tuple(
            np.where((np.stack(arrays) == arrays[0]).all(axis=0), arrays[0], np.nan)
            for arrays in zip(*(given[index] for index in indices), strict=True)
        )
        for index in indices:
            given[index] = agreed
    return given


def needs(traced: UnitGraph, constant: dict[int, Array], pinned: dict[int, Array]) -> list[Needs]:
    """Return what each call needs of its inputs, from the outputs backwards.

    Parameters
    ----------
    traced : UnitGraph
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
    given = given_constants(traced, constant)
    triples = list(zip(traced.placed, traced.kinds, given, strict=True))
    for placed, kind, read in reversed(triples):
        inputs, outputs = placed.call.inputs, placed.call.outputs
        if mixes_units(placed.call.operation):  # all units of a softmax share its denominator
            for i in outputs:
                needed[i][:] = True
        need = kind.needs(placed, at(outputs, needed), read, at(outputs, made))
        for i, wanted in zip(inputs, need.needed, strict=True):
            needed[i] |= wanted
        for i in placed.call.masks:
            needed[i][:] = True
        found.append(need)
    return found[::-1]
