"""Which units of a model feed which: weights between its layers, as a drawing needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network import Model
from explainprune.types import Array

INPUTS = "inputs"


@dataclass(frozen=True, eq=False)
class Wires:
    """Connections from one layer to another.

    Attributes
    ----------
    start, end : str
        Layer paths; ``"inputs"`` for the model's inputs.
    weight : ndarray (units of start, units of end)
        The weight itself; where several lead from one unit to another (kernel positions, pixels of
        a flattened channel), the sum of their sizes with the sign of their sum. 0: none is live.
    """

    start: str
    end: str
    weight: Array


@dataclass(frozen=True, eq=False)
class Wiring:
    """A model as a drawing needs it.

    Attributes
    ----------
    layers : dict of str to str
        Path to kind of the layers that have units, in the order they run.
    units : dict of str to int
    alive : dict of str to ndarray of bool
        Units with a path from an input and to an output; of ``"inputs"`` too.
    outputs : set of str
    wires : tuple of Wires
    note : str
        What isn't drawn, or "".
    features : bool
        Whether the inputs are features or players; else they are an image's channels.
    """

    layers: dict[str, str]
    units: dict[str, int]
    alive: dict[str, Array]
    outputs: set[str]
    wires: tuple[Wires, ...]
    note: str = ""
    features: bool = True


def wiring(model: Model, owners: Array) -> Wiring:
    """Read a model's layers and the live weights between them.

    Parameters
    ----------
    model : keras.Model
    owners : ndarray of int (d,)
        What each flat input feature is drawn as: itself, or its player.

    Raises
    ------
    ValueError
        If the model has no layer graph.
    """
    from explainprune.network import liveness, prunable_layers, weights_of
    from explainprune.network.ways.reach import input_reach, unit_reach

    infos = {info.kernel: info for info in prunable_layers(model) if info.prunable_units}
    weights, found = weights_of(model), liveness(model)
    alive = {
        info.path: np.asarray(found.units.get(info.path, np.ones(info.units, bool)))
        for info in infos.values()
    }
    outputs = {info.path for info in infos.values() if info.is_output}
    drawn = {path for info in infos.values() for path in info.kernels}
    reaches = input_reach(model)
    channels = _channels(reaches, infos, weights)
    alive[INPUTS] = _any(np.asarray(found.inputs), owners) if channels is None else channels.alive
    wires, stops = [] if channels is None else channels.wires, []
    sources = [] if channels is not None else _inputs(reaches, owners)
    sources += [(path, reach, np.arange(reach.size)) for path, reach in unit_reach(model).items()]
    for start, reach, names in sources:
        wires += _wires(start, reach, names, infos, weights, alive)
        stops += [part.path for part in reach.read_by if part.path not in drawn]
        stops += reach.stops if start not in outputs else ()
    return Wiring(
        layers={info.path: info.kind for info in infos.values()},
        units={info.path: info.units for info in infos.values()},
        alive=alive,
        outputs=outputs,
        wires=tuple(wires),
        note=_note(stops),
        features=channels is None,
    )


@dataclass(frozen=True, eq=False)
class _Channels:
    """The channels of an image as a first convolution reads them."""

    alive: Array
    wires: list[Wires]


def _channels(
    reaches: Mapping[str, Any], infos: Mapping[str, Any], weights: Mapping[str, Array]
) -> _Channels | None:
    """Read the inputs as channels, where a convolution is all that they feed."""
    from explainprune.network.ways.carrying import READ_AXIS

    first = {path for reach in reaches.values() for path in reach.stops}
    found = [info for info in infos.values() if info.path in first and "Conv" in info.kind]
    if len(first) != 1 or not found or any(reach.read_by for reach in reaches.values()):
        return None
    info = found[0]
    name, axis = READ_AXIS.get(info.kind, ("", 0))
    if name != "kernel":  # separable: its own kernel doesn't read the image
        return None
    kernel = weights[info.kernel]
    axis %= kernel.ndim
    count = kernel.shape[axis]
    weight = _between(kernel, axis, np.arange(count), count, info.unit_axis)
    return _Channels((weight != 0).any(axis=1), [Wires(INPUTS, info.path, weight)])


def _wires(
    start: str,
    reach: Any,
    names: Array,
    infos: Mapping[str, Any],
    weights: Mapping[str, Array],
    alive: Mapping[str, Array],
) -> Iterator[Wires]:
    """Gather the live weights from one layer's units to those that read them."""
    for part in reach.read_by:
        if part.path not in infos:
            continue
        info = infos[part.path]
        sources = np.where(part.units < 0, -1, names[part.units])
        count = len(alive[start])
        weight = _between(weights[part.path], part.axis, sources, count, info.unit_axis)
        live = alive[start][:, None] & alive[info.path][None, :]
        yield Wires(start, info.path, np.where(live, weight, 0.0))


def _inputs(reaches: Mapping[str, Any], owners: Array) -> list[tuple[str, Any, Array]]:
    """Return each input's reach with what its features are drawn as."""
    found, first = [], 0
    for reach in reaches.values():
        found.append((INPUTS, reach, owners[first : first + reach.size]))
        first += reach.size
    return found


def _between(kernel: Array, axis: int, sources: Array, count: int, unit_axis: int) -> Array:
    """Gather a kernel into one weight for each pair of units: (count, units)."""
    moved = np.moveaxis(kernel, (axis, unit_axis), (0, -1))
    flat = moved.reshape(len(sources), -1, moved.shape[-1])
    size, signed = np.abs(flat).sum(axis=1), flat.sum(axis=1)
    total, sums = (np.zeros((count, flat.shape[-1])) for _ in range(2))
    known = sources >= 0
    np.add.at(total, sources[known], size[known])
    np.add.at(sums, sources[known], signed[known])
    return total * np.where(sums < 0, -1.0, 1.0)


def _any(alive: Array, owners: Array) -> Array:
    """Say for each player whether any of its features is alive."""
    found = np.zeros(int(owners.max()) + 1, dtype=bool)
    np.logical_or.at(found, owners, alive)
    return found


def _note(stops: list[str]) -> str:
    if not stops:
        return ""
    named = ", ".join(dict.fromkeys(stops))
    return f"Connections through {named} are not drawn."
