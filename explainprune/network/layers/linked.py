"""Layers whose output positions each come from one position of every input."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.passing import (
    Arrays,
    Change,
    Cut,
    Needs,
    Passing,
    Placed,
    no_change,
    nothing,
)
from explainprune.network.layers.units import LeaveWhole, Ledger, Units
from explainprune.types import Array

Links = tuple[int, Arrays]
"""The output's unit axis; for each input, the position that output position j comes from (−1 for
none). An input position that appears nowhere acts on all outputs and stays."""

_SPREAD = "its units are spread over those of others by {!r}"
_MEET = "its units meet others in {!r}"


def _spread(positions: Array, source: Array) -> Array:
    """Return the input positions that no output position comes from alone."""
    return np.setdiff1d(np.arange(len(positions)), source)


def _coupled(call: Call, inputs: tuple[Units, ...], sources: Arrays, ledger: Ledger) -> Array:
    """Let units that meet stand or fall together; return those of the output."""
    atoms = np.full(len(sources[0]), -1, dtype=np.int64)
    for units, source in zip(inputs, sources, strict=True):
        here = source >= 0
        both, first = here & (atoms >= 0), here & (atoms < 0)
        ledger.couple(atoms[both], units.atoms[source[both]])
        atoms[first] = units.atoms[source[first]]
        ledger.fix(units.atoms[_spread(units.atoms, source)], _SPREAD.format(call.path))
    return atoms


def _stopped(call: Call, inputs: tuple[Units, ...], sources: Arrays, ledger: Ledger) -> Array:
    """Let units that meet others end here; return those of the output."""
    meet = np.sum([source >= 0 for source in sources], axis=0) > 1
    atoms = np.full(len(meet), -1, dtype=np.int64)
    for number, units, source in zip(call.inputs, inputs, sources, strict=True):
        alone, met = (source >= 0) & ~meet, (source >= 0) & meet
        atoms[alone] = units.atoms[source[alone]]
        ends = np.concatenate([source[met], _spread(units.atoms, source)])
        if len(ends):
            ledger.stop(call.path, number, ends)
    atoms[meet] = ledger.fresh(int(meet.sum()))
    ledger.fix(atoms[meet], _MEET.format(call.path))
    return atoms


def linked(
    links: Callable[[Call, tuple[Units, ...]], Links],
    constants: Callable[[Placed, Arrays], Array],
    change: Callable[[Placed, Cut], Change] = no_change,
    *,
    makes: Callable[[Placed], Mapping[str, Array]] | None = None,
    uncut: Callable[[Call, tuple[Units, ...]], str] = lambda call, inputs: "",
) -> Passing:
    """Build the kind of a layer from its index maps.

    Parameters
    ----------
    links : callable
        (call, units of the inputs) → `Links`; raises `LeaveWhole`. Positions that several inputs
        meet in are coupled.
    constants : callable
        (placed call, each input's constants gathered at the output's positions) → the output's.
    change, makes
        As in `Passing`.
    uncut : callable
        (call, units of the inputs) → why it can't do with fewer units, or "".
    """

    def trace(
        call: Call, inputs: tuple[Units, ...], ledger: Ledger
    ) -> tuple[tuple[Units, ...], Arrays]:
        axis, sources = links(call, inputs)
        why = uncut(call, inputs) or ("it splits units over several axes" if axis == 0 else "")
        if why and ledger.cuts:
            raise LeaveWhole(why)
        behind = _coupled if ledger.couples else _stopped
        return (Units(axis, behind(call, inputs, sources, ledger)),), sources

    def gather(placed: Placed, inputs: Arrays) -> Arrays:
        pairs = zip(inputs, placed.extra, strict=True)
        return tuple(np.where(source >= 0, values[source], np.nan) for values, source in pairs)

    def needs(placed: Placed, needed: Arrays, inputs: Arrays, outputs: Arrays) -> Needs:
        wanted = needed[0] & np.isnan(outputs[0])
        found = nothing(inputs)
        for mine, source in zip(found, placed.extra, strict=True):
            mine[source[wanted & (source >= 0)]] = True
            mine[_spread(mine, source)] = wanted.any()
        return Needs(found, nothing(inputs), nothing(inputs))

    return Passing(
        trace=trace,
        constants=lambda placed, inputs: (constants(placed, gather(placed, inputs)),),
        needs=needs,
        change=change,
        makes=makes,
    )
