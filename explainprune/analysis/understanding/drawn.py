"""A circuit as a drawing, and as what each of its units reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explainprune.analysis.detail.drawing import MOST_UNITS, drawing
from explainprune.analysis.detail.wiring import Wires, Wiring
from explainprune.analysis.understanding.edges import Wired
from explainprune.analysis.understanding.searching import log_odds
from explainprune.network.scalars.affine import INPUTS
from explainprune.types import Array, Drawing

OUTPUTS = "outputs"


def drawing_of(wired: Wired, keep: Array, names: Sequence[str], outputs: Sequence[str]) -> Drawing:
    """Draw what is kept of a network, its units at their numbers in the whole."""
    left = wired.elements(keep)
    paths = _paths(wired)
    columns = list(paths.values())
    units = {"inputs": len(names)}
    units |= {paths[k]: layer.width for k, layer in enumerate(wired.network.layers, start=1)}
    units[OUTPUTS] = len(outputs)
    alive = {paths[source]: found for source, found in left.items()}
    alive[OUTPUTS] = np.zeros(len(outputs), bool)
    wires = []
    for part in wired.parts:
        weight = part.matrix(part.weight * keep[part.at])
        wires.append(Wires(paths[part.source], paths[part.stage], weight))
        if part.stage == wired.last:
            alive[OUTPUTS] |= weight.any(axis=0)
    layers = {path: "units" for path in columns if path != "inputs"}
    plan = Wiring(layers, units, alive, {OUTPUTS}, tuple(wires))
    shown = {path: np.flatnonzero(alive[path])[:MOST_UNITS] for path in columns}
    shown[OUTPUTS] = np.arange(len(outputs))
    labels = {"inputs": tuple(names), OUTPUTS: tuple(outputs)}
    position = {path: np.arange(count) for path, count in units.items()}
    return drawing(plan, units, shown, {}, labels, position)


def _paths(wired: Wired) -> dict[int, str]:
    """Name the sources and the output; a layer that comes twice is numbered."""
    paths = {INPUTS: "inputs"}
    for number, layer in enumerate(wired.network.layers, start=1):
        taken = layer.name in paths.values() or layer.name == OUTPUTS
        paths[number] = f"{layer.name} ({number})" if taken else layer.name
    return {**paths, wired.last: OUTPUTS}


def reads_of(
    wired: Wired, keep: Array, x: Array, target: int, names: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Return what each kept unit of the first layer reads, signed by what it does for a class.

    The sign is that of the weight times the mean slope of the class's log-odds by the unit.
    """

    def odds(outputs: Array) -> tuple[float, Array]:
        found, gradient = log_odds(outputs, target)
        return float(found.mean()), gradient / len(found)

    first = [part for part in wired.parts if part.stage == 1 and part.source == INPUTS]
    if not first or wired.last == 1:
        return ()
    slope = wired.slopes(x, keep, odds, 1)
    (part,) = first
    kept = part.matrix(part.weight * keep[part.at])
    found = []
    for unit in np.flatnonzero(kept.any(axis=0)):
        read = [int(i) for i in np.flatnonzero(kept[:, unit])]
        signs = np.sign(kept[read, unit] * slope[unit])
        found.append(
            tuple(
                f"{'+' if sign >= 0 else '−'}{names[i]}"
                for i, sign in zip(read, signs, strict=True)
            )
        )
    return tuple(found)
