"""Layers whose output positions each come from one position of every input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explainprune.network.rebuilding.graph import Call
from explainprune.network.rebuilding.kinds.kind import (
    Arrays,
    Change,
    Cut,
    Kind,
    Needs,
    Placed,
    no_change,
    nothing,
)
from explainprune.network.rebuilding.units import Ledger, Units
from explainprune.types import Array

Links = tuple[int, Arrays]
"""The output's unit axis; for each input, the position that output position j comes from (−1 for
none). An input position that appears nowhere acts on all outputs and stays."""

_SPREAD = "its units are spread over those of others by {!r}"


def _spread(positions: Array, source: Array) -> Array:
    """Return the input positions that no output position comes from alone."""
    return np.setdiff1d(np.arange(len(positions)), source)


def linked(
    links: Callable[[Call, tuple[Units, ...]], Links],
    constants: Callable[[Placed, Arrays], Array],
    change: Callable[[Placed, Cut], Change] = no_change,
    *,
    produces: bool = False,
) -> Kind:
    """Build the kind of a layer from its index maps.

    Parameters
    ----------
    links : callable
        (call, units of the inputs) → `Links`; raises `LeaveWhole`. Positions that several inputs
        meet in are coupled.
    constants : callable
        (placed call, each input's constants gathered at the output's positions) → the output's.
    change, produces
        As in `Kind`.
    """

    def trace(
        call: Call, inputs: tuple[Units, ...], ledger: Ledger
    ) -> tuple[tuple[Units, ...], Arrays]:
        axis, sources = links(call, inputs)
        atoms = np.full(len(sources[0]), -1, dtype=np.int64)
        for units, source in zip(inputs, sources, strict=True):
            here = source >= 0
            both, first = here & (atoms >= 0), here & (atoms < 0)
            ledger.couple(atoms[both], units.atoms[source[both]])
            atoms[first] = units.atoms[source[first]]
            ledger.fix(units.atoms[_spread(units.atoms, source)], _SPREAD.format(call.path))
        return (Units(axis, atoms),), sources

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

    return Kind(
        trace=trace,
        constants=lambda placed, inputs: (constants(placed, gather(placed, inputs)),),
        needs=needs,
        change=change,
        produces=produces,
    )
