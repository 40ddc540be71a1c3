"""What pruning made of the connections between layers: removed, turned, weaker, stronger."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explainprune.analysis.detail.wiring import Wires, Wiring
from explainprune.types import Array, Rewired
from explainprune.types.drawing import TWICE


def rewired(dense: Wiring, other: Wiring, position: Mapping[str, Array]) -> tuple[Rewired, ...]:
    """Count what became of all connections, undrawn ones too.

    Parameters
    ----------
    dense, other : Wiring
    position : mapping of str to ndarray of int
        For each dense unit of a layer, which unit of the other model it is; −1 where it is gone.
    """
    after = _keyed(other)
    found = []
    for key, wire in _keyed(dense).items():
        if key in after and {wire.start, wire.end} <= position.keys():
            rows, columns = position[wire.start], position[wire.end]
            theirs = after[key].weight[np.maximum(rows, 0)][:, np.maximum(columns, 0)]
            theirs = np.where((rows >= 0)[:, None] & (columns >= 0)[None, :], theirs, 0.0)
            found.append(_counted(wire, theirs))
    return tuple(found)


def _counted(wire: Wires, after: Array) -> Rewired:
    before = wire.weight
    live, lives = before != 0, after != 0
    both, same = live & lives, (before > 0) == (after > 0)
    small, large = np.abs(before), np.abs(after)
    weaker, stronger = both & same & (TWICE * large < small), both & same & (large > TWICE * small)
    return Rewired(
        wire.start,
        wire.end,
        removed=int((live & ~lives).sum()),
        turned=int((both & ~same).sum()),
        weaker=int(weaker.sum()),
        alike=int((both & same & ~weaker & ~stronger).sum()),
        stronger=int(stronger.sum()),
        added=int((lives & ~live).sum()),
    )


def _keyed(plan: Wiring) -> dict[tuple[str, str, int], Wires]:
    """Name each bundle of wires by its layers, and by its turn where two layers have several."""
    found: dict[tuple[str, str, int], Wires] = {}
    for wire in plan.wires:
        turn = sum((wire.start, wire.end) == key[:2] for key in found)
        found[wire.start, wire.end, turn] = wire
    return found
