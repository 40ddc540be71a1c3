"""Layers that are not followed: every unit that touches them stays."""

from __future__ import annotations

import math

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.passing import (
    Arrays,
    Needs,
    Passing,
    Placed,
    no_change,
    nothing,
    unknown,
)
from explainprune.network.layers.units import NO_UNITS, Ledger, Units, unit_axis


def leave_whole(
    call: Call, inputs: tuple[Units, ...], ledger: Ledger, reason: str
) -> tuple[Units, ...]:
    """Fix all units that touch a call, and note why."""
    read = [units.atoms for units in inputs]
    if ledger.couples:
        ledger.note(call.path, np.concatenate([*read, NO_UNITS.atoms]), reason)
    else:
        ledger.note(call.path, NO_UNITS.atoms, reason)
        for number, atoms in zip(call.inputs, read, strict=True):
            ledger.stop(call.path, number, np.arange(len(atoms)))
    touches = f"its units touch {call.path!r}, which is left whole"
    return tuple(fixed_units(shape, ledger, touches) for shape in call.shapes_out)


def _trace(call: Call, inputs: tuple[Units, ...], ledger: Ledger) -> tuple[tuple[Units, ...], None]:
    return leave_whole(call, inputs, ledger, "what it does to each unit is not known"), None


def fixed_units(shape: tuple[int | None, ...], ledger: Ledger, reason: str) -> Units:
    """Return units that stay, along the last axis of a tensor."""
    size = shape[-1] if len(shape) > 1 else None
    if size is None:
        return NO_UNITS
    atoms = ledger.fresh(size)
    ledger.fix(atoms, reason)
    return Units(len(shape) - 1, atoms)


def fixed_entries(shape: tuple[int | None, ...], ledger: Ledger, reason: str) -> Units:
    """Return units that stay, one for each entry of a row where their number is known."""
    sizes = [size or 0 for size in shape[1:]]
    if 0 in sizes:
        return fixed_units(shape, ledger, reason)
    atoms = ledger.fresh(math.prod(sizes))
    ledger.fix(atoms, reason)
    return Units(*unit_axis(atoms.reshape(sizes)))


def _needs(placed: Placed, needed: Arrays, inputs: Arrays, outputs: Arrays) -> Needs:
    everything = tuple(np.ones(len(values), dtype=bool) for values in inputs)
    return Needs(everything, everything, nothing(inputs))


WHOLE = Passing(_trace, lambda placed, inputs: unknown(placed.outputs), _needs, no_change)
