"""Lay a network at its places in a larger one of the same kind, as if nothing had been removed.

What is laid out computes the same, whichever places are chosen: they decide how tight a bound on
the difference can be, never whether it holds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from explainprune.network.scalars.affine import INPUTS, Affine, from_entries
from explainprune.network.scalars.elements import UnitLayer, Unrolled
from explainprune.types import Array

Places = dict[int, Array]
"""For each source of the smaller network: where its elements are in the larger one."""


def aligned(
    network: Unrolled, whole: Unrolled, kept: Mapping[str, Array] | None = None
) -> Unrolled | None:
    """Return `network` in the structure of `whole`; what it lacks there is zero and never read.

    Parameters
    ----------
    network, whole : Unrolled
    kept : mapping of str to ndarray of int, optional
        For a layer of fewer units: the index in `whole` of each that is left.

    Returns
    -------
    Unrolled or None
        None where some layer has no counterpart.
    """
    if network.n_inputs != whole.n_inputs or network.output.width != whole.output.width:
        return None
    partners = _partners(network, whole)
    if partners is None:
        return None
    places: Places = {INPUTS: np.arange(whole.n_inputs)}
    numbers = {INPUTS: INPUTS}
    layers = []
    for number, layer in enumerate(whole.layers, start=1):
        mine = partners.get(number)
        if mine is None:
            layers.append(_silent(layer))
            continue
        units = network.layers[mine - 1]
        groups = _groups(units, layer, places, numbers, kept or {})
        columns = None if groups is None else _columns(units, layer, groups)
        if groups is None or columns is None:
            return None
        numbers[mine] = number
        places[mine] = (groups[:, None] * layer.made + np.arange(layer.made)).ravel()
        reads = _laid(units.reads, columns, whole, places, numbers, layer.reads.width)
        layers.append(
            UnitLayer(layer.name, layer.shape, reads, layer.groups, units.function, layer.made)
        )
    width = whole.output.width
    output = _laid(network.output, np.arange(width), whole, places, numbers, width)
    return Unrolled(whole.n_inputs, tuple(layers), output)


def _partners(network: Unrolled, whole: Unrolled) -> dict[int, int] | None:
    """Pair layers in their order: all with all, else those of one name; by number in `whole`."""
    if len(network.layers) == len(whole.layers):
        return {number: number for number in range(1, len(whole.layers) + 1)}
    found, waiting = {}, list(enumerate(network.layers, start=1))
    for number, layer in enumerate(whole.layers, start=1):
        if waiting and waiting[0][1].name == layer.name:
            found[number] = waiting.pop(0)[0]
    return None if waiting else found


def _silent(layer: UnitLayer) -> UnitLayer:
    """Return a layer that reads nothing."""
    reads = Affine({}, np.zeros(layer.reads.width))
    return UnitLayer(layer.name, layer.shape, reads, layer.groups, layer.function, layer.made)


def _groups(
    units: UnitLayer,
    layer: UnitLayer,
    places: Places,
    numbers: dict[int, int],
    kept: Mapping[str, Array],
) -> Array | None:
    """Find the group of `layer` that each group of `units` stands for."""
    size = units.groups.shape[1], units.made, units.function.name
    if size != (layer.groups.shape[1], layer.made, layer.function.name):
        return None
    if len(units.groups) == len(layer.groups):
        return np.arange(len(layer.groups))
    index = np.asarray(kept.get(layer.name, ()), dtype=np.int64)
    channels = layer.shape[-1]
    if units.shape == (*layer.shape[:-1], len(index)) and (index < channels).all():
        every = np.arange(len(layer.groups)).reshape(-1, channels)
        return np.asarray(every[:, index].ravel())
    return _by_what_they_read(units, layer, places, numbers)


def _by_what_they_read(
    units: UnitLayer, layer: UnitLayer, places: Places, numbers: dict[int, int]
) -> Array | None:
    """Find groups by the elements that they pick: those of a pooling, say."""
    theirs, ours = _picked(layer), _picked(units)
    if theirs is None or ours is None or numbers.get(ours[0]) != theirs[0]:
        return None
    known = {tuple(row): group for group, row in enumerate(theirs[1][layer.groups])}
    wanted = places[ours[0]][ours[1]][units.groups]
    found = [known.get(tuple(row), -1) for row in wanted]
    return np.array(found, dtype=np.int64) if found and min(found) >= 0 else None


def _picked(layer: UnitLayer) -> tuple[int, Array] | None:
    """Return the source that a layer reads and, for each column, which one of its elements."""
    if len(layer.reads.parts) != 1:
        return None
    ((source, part),) = layer.reads.parts.items()
    return (source, part.indices) if (np.diff(part.indptr) == 1).all() else None


def _columns(units: UnitLayer, layer: UnitLayer, groups: Array) -> Array | None:
    """Find the column of `layer` for each column of `units`; −1 where no group reads it."""
    found = np.full(units.reads.width, -1)
    found[units.groups] = layer.groups[groups]
    used = found[found >= 0]
    same = np.array_equal(found[units.groups], layer.groups[groups])
    return found if same and len(np.unique(used)) == len(used) else None


def _laid(
    affine: Affine,
    columns: Array,
    whole: Unrolled,
    places: Places,
    numbers: dict[int, int],
    width: int,
) -> Affine:
    """Lay an affine function's rows and columns at their places; the others are zero."""
    read, bias = columns >= 0, np.zeros(width)
    bias[columns[read]] = affine.bias[read]
    parts = {}
    for source, part in affine.parts.items():
        entries = sparse.coo_array(part)
        row, column = entries.coords
        live = read[column]
        number = numbers[source]
        height = whole.n_inputs if number == INPUTS else whole.layers[number - 1].width
        parts[number] = from_entries(
            places[source][row[live]], columns[column[live]], entries.data[live], (height, width)
        )
    return Affine(parts, bias)
