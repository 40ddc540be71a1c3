"""Which units of a model feed which: weights between its layers, as a drawing needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.analysis.detail.filters import Filters, filters_of
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
    filters : dict of str to Filters
        Kernels of convolutions, by layer.
    """

    layers: dict[str, str]
    units: dict[str, int]
    alive: dict[str, Array]
    outputs: set[str]
    wires: tuple[Wires, ...]
    note: str = ""
    features: bool = True
    filters: dict[str, Filters] = field(default_factory=dict)


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
    from explainprune.network.shrinking.readers import (
        channels_alone,
        readers_of_inputs,
        readers_of_units,
    )

    every, (alone, grouped) = prunable_layers(model), channels_alone(model)
    infos = {info.kernel: info for info in every if info.prunable_units}
    weights, found = weights_of(model), liveness(model)
    alive = {
        info.path: np.asarray(found.units.get(info.path, np.ones(info.units, bool)))
        for info in infos.values()
    }
    outputs = {info.path for info in infos.values() if info.is_output}
    by_units = readers_of_units(model)
    drawn = {path for info in infos.values() for path in info.kernels}
    inputs = list(readers_of_inputs(model).values())
    channels = _by_channel(inputs, model.inputs[0].shape[1:], infos, weights)
    if channels is None:
        alive[INPUTS] = _any(np.asarray(found.inputs), owners)
        sources = _inputs(inputs, owners)
    else:
        (read,) = channels.slices
        kernel = np.moveaxis(weights[read.path], read.axis, 0)
        alive[INPUTS] = kernel.reshape(channels.size, -1).any(axis=1)
        sources = _inputs([channels], np.arange(channels.size))
    sources += [(path, each, np.arange(each.size)) for path, each in by_units.items()]
    wires: list[Wires] = []
    ends: list[str] = []
    for start, readers, names in sources:
        wires += _wires(start, readers, names, infos, weights, alive)
        ends += [part.path for part in readers.slices if part.path not in drawn]
        ends += readers.ends if start not in outputs else ()
    return Wiring(
        layers={info.path: info.kind for info in infos.values()},
        units={info.path: info.units for info in infos.values()},
        alive=alive,
        outputs=outputs,
        wires=tuple(wires),
        note=_note(ends),
        features=channels is None,
        filters=filters_of(
            [info for info in every if info.path not in grouped], weights, sources, alone
        ),
    )


def _by_channel(
    inputs: Sequence[Any],
    shape: tuple[int, ...],
    infos: Mapping[str, Any],
    weights: Mapping[str, Array],
) -> Any:
    """Return what reads the inputs as channels, where one convolution is all that does; or None."""
    from explainprune.network.shrinking.readers import Readers, Slices

    met = {path for readers in inputs for path in readers.ends}
    found = [i for i in infos.values() if {i.path} == met and "Conv" in i.kind and not i.further]
    if len(inputs) > 1 or inputs[0].slices or not found:
        return None
    kernel = weights[found[0].kernel]
    axis = 2 * kernel.ndim - 3 - found[0].unit_axis  # of its last two the one that has no units
    count = kernel.shape[axis]
    if len(shape) > 1 and shape[-1] != count:  # in groups
        return None
    return Readers(count, (Slices(found[0].kernel, axis, np.arange(count)),), ())


def _wires(
    start: str,
    readers: Any,
    names: Array,
    infos: Mapping[str, Any],
    weights: Mapping[str, Array],
    alive: Mapping[str, Array],
) -> Iterator[Wires]:
    """Gather the live weights from one layer's units to those that read them."""
    for part in readers.slices:
        if part.path not in infos:
            continue
        info = infos[part.path]
        sources = np.where(part.units < 0, -1, names[part.units])
        count = len(alive[start])
        weight = _between(weights[part.path], part.axis, sources, count, info.unit_axis)
        live = alive[start][:, None] & alive[info.path][None, :]
        yield Wires(start, info.path, np.where(live, weight, 0.0))


def _inputs(inputs: Sequence[Any], owners: Array) -> list[tuple[str, Any, Array]]:
    """Return each input's readers with what its features are drawn as."""
    ends = np.cumsum([readers.size for readers in inputs])
    parts = np.split(owners, ends[:-1])
    return [(INPUTS, readers, names) for readers, names in zip(inputs, parts, strict=True)]


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


def _note(ends: list[str]) -> str:
    if not ends:
        return ""
    named = ", ".join(dict.fromkeys(ends))
    return f"Connections through {named} are not drawn."
