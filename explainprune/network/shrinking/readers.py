"""Which weights read the units of a layer, or the features of an input, and where else they end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explainprune.network.graph.graph import Call, read_graph
from explainprune.network.layers.depthwise import one_group_each
from explainprune.network.layers.registry import kind_of
from explainprune.network.listing import layers
from explainprune.network.protocol import Model
from explainprune.network.shrinking.tracing import UnitGraph, trace
from explainprune.network.variables import layer_variables, variables
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Slices:
    """Which entries of one variable read which unit.

    Attributes
    ----------
    path : str
        The variable.
    axis : int
        Its axis along which what it reads lies.
    units : ndarray of int
        For each position along that axis, the unit; −1 where it is another layer's.
    alone : bool
        Whether it reads nothing else at another place where the layer is called.
    """

    path: str
    axis: int
    units: Array
    alone: bool = True


@dataclass(frozen=True, eq=False)
class Readers:
    """What a layer's units (or an input's features) are read by.

    Attributes
    ----------
    size : int
        How many units or features.
    slices : tuple of Slices
        Of the weights that they are multiplied with, in the order the layers run.
    ends : tuple of str
        Layers and ops that they reach otherwise: sums, attention, whatever is not known.
    """

    size: int
    slices: tuple[Slices, ...]
    ends: tuple[str, ...]


def readers_of_units(model: Model) -> dict[str, Readers]:
    """Find what reads the units of each layer whose units can be removed one by one.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    dict of str to Readers
        By layer path, in the order the layers run; outputs included.

    Raises
    ------
    ValueError
        If the model has no layer graph (subclassed).
    """
    traced = trace(read_graph(model).weighted(), couples=False, read_only=True)
    return _readers(model, traced, _made(model, traced))


def channels_alone(
    model: Model,
) -> tuple[dict[str, tuple[tuple[str, int] | None, ...]], set[str]]:
    """Find what each input channel is of the convolutions that read channels one by one.

    Returns
    -------
    dict of str to tuple of (str, int) or None
        By the layer's path, for each channel the layer and the unit that make it; None where that
        isn't known, or is the model's input.
    set of str
        Those that read channels in larger groups.
    """
    traced = trace(read_graph(model).weighted(), couples=False, read_only=True)
    maker: dict[int, tuple[str, int]] = {}
    for path, places in _made(model, traced).items():
        for atoms in places:
            maker |= {int(atom): (path, unit) for unit, atom in enumerate(atoms)}
    found: dict[str, tuple[tuple[str, int] | None, ...]] = {}
    grouped = set()
    for placed in traced.placed:
        call, count = placed.call, _channels(placed.call)
        if count:
            atoms = placed.inputs[0].atoms
            known = len(atoms) == count
            read = [maker.get(int(atoms[i])) if known else None for i in range(count)]
            before = found.get(call.path, read)  # where it is called at several places
            found[call.path] = tuple(
                a if a == b else None for a, b in zip(before, read, strict=True)
            )
        elif getattr(call.operation, "groups", 1) > 1:
            grouped.add(call.path)
    return found, grouped


def _channels(call: Call) -> int:
    """Return how many channels a convolution reads one by one; 0 for all others."""
    kind = kind_of(call.operation)
    if not kind.convolves:
        return 0
    if kind.by_channel:
        return int(call.weights["kernel"].shape[-2])
    if "depthwise_kernel" in call.weights:
        return int(call.weights["depthwise_kernel"].shape[-2])
    return int(call.operation.groups) if one_group_each(call) else 0


def _made(model: Model, traced: UnitGraph) -> dict[str, list[Array]]:
    """Return the atoms of the units of each layer whose units can be removed one by one."""
    sizes = {info.path: info.units for info in layers(model) if info.prunable_units}
    made: dict[str, list[Array]] = defaultdict(list)
    for placed in traced.placed:
        path, atoms = placed.call.path, placed.outputs[0].atoms
        if len(atoms) == sizes.get(path):
            made[path].append(atoms)
    return made


def readers_of_inputs(model: Model) -> dict[str, Readers]:
    """Find what reads each feature of each model input, laid flat; by input name.

    Raises
    ------
    ValueError
        If the model has no layer graph, or an input of unknown size.
    """
    traced = trace(read_graph(model).weighted(), couples=False, read_only=True)
    made = {}
    for tensor, number in zip(model.inputs, traced.graph.inputs, strict=True):
        if None in tensor.shape[1:]:
            raise ValueError(
                f"Features of input {tensor.name!r} cannot be counted. "
                f"Received: shape={tuple(tensor.shape[1:])}."
            )
        made[tensor.name] = [traced.units[number].atoms]
    return _readers(model, traced, made)


def _readers(
    model: Model, traced: UnitGraph, made: Mapping[str, list[Array]]
) -> dict[str, Readers]:
    """Look up who reads units that are known by their atoms, at each place they are made at."""
    read, found = _read(model, traced), {}
    ends = [(path, traced.units[i].atoms[at]) for path, i, at in traced.stops]
    for name, places in made.items():
        units = np.full(traced.groups.size, -1)
        for atoms in places:
            units[atoms] = np.arange(len(atoms))
        slices = []
        for (path, axis), each in read.items():
            which = {(mine := units[atoms]).tobytes(): mine for atoms in each}
            alone = len(which) == 1
            slices += [Slices(path, axis, m, alone) for m in which.values() if (m >= 0).any()]
        met = dict.fromkeys(path for path, atoms in ends if (units[atoms] >= 0).any())
        found[name] = Readers(len(places[0]), tuple(slices), tuple(met))
    return found


def _read(model: Model, traced: UnitGraph) -> dict[tuple[str, int], list[Array]]:
    """Return, for each weight that reads units along an axis, those at each place it is used at."""
    paths = {id(variable): path for path, variable in variables(model).items()}
    found: dict[tuple[str, int], list[Array]] = defaultdict(list)
    for placed, kind in zip(traced.placed, traced.kinds, strict=True):
        held = layer_variables(placed.call.operation)
        for name, (axis, atoms) in ({} if kind.reads is None else kind.reads(placed)).items():
            found[paths[id(held[name])], axis % len(held[name].shape)].append(atoms)
    return found
