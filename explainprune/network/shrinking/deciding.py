"""Which groups of units can go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from explainprune.network.layers.passing import Cut
from explainprune.network.shrinking.constants import constants, given_constants, needs
from explainprune.network.shrinking.plan import Plan
from explainprune.network.shrinking.tracing import UnitGraph
from explainprune.types import Array

Carried = dict[int, list[tuple[int, int, int, float]]]
"""Call index → (input, position removed, position that stands in for it, factor)."""


def plan_removal(traced: UnitGraph, seen: dict[int, Array] | None = None) -> Plan:
    """Plan to remove all units that nothing reads or that are constant.

    Parameters
    ----------
    traced : UnitGraph
    seen : dict of int to ndarray, optional
        Constants observed on calibration data, by tensor number.
    """
    constant = constants(traced, seen)
    pinned = {i: np.zeros(len(values), dtype=bool) for i, values in (seen or {}).items()}
    while True:
        gone, carried = _removable(traced, constant, pinned)
        gone = _never_empty(traced, gone)
        if not _pin_kept(traced, seen or {}, pinned, gone):
            return _plan(traced, constant, gone, carried)


def _removable(
    traced: UnitGraph, constant: dict[int, Array], pinned: dict[int, Array]
) -> tuple[Array, Carried]:
    """Return which groups can go, and what stands in for those that meet zero padding."""
    gone = np.ones(traced.groups.max(initial=-1) + 1, dtype=bool)
    gone[list(traced.fixed)] = False
    border: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    shared = {index for indices in traced.shared for index in indices}
    for index, (placed, wants) in enumerate(
        zip(traced.placed, needs(traced, constant, pinned), strict=True)
    ):
        if wants.inner is not None:
            gone[traced.inner(index)[wants.inner]] = False
        for k, i in enumerate(placed.call.inputs):
            groups = traced.groups_of(i)
            # A stand-in carries one constant: what a layer reads at several places may be two.
            carried = wants.at_borders[k] & (index not in shared)
            gone[groups[wants.blocked[k] & ~carried]] = False
            for position in np.flatnonzero(carried):
                border[int(groups[position])].append((index, k, int(position)))
        if wants.own is not None:
            gone[traced.groups_of(placed.call.outputs[0])[wants.own]] = False
    return gone, _stand_ins(traced, constant, border, gone)


def _pin_kept(
    traced: UnitGraph, seen: dict[int, Array], pinned: dict[int, Array], gone: Array
) -> bool:
    """Pin what was seen to be constant but stays: what feeds it must stay too, to keep it so."""
    changed = False
    for i, values in seen.items():
        stays = np.isfinite(values) & ~gone[traced.groups_of(i)] & ~pinned[i]
        pinned[i] |= stays
        changed |= bool(stays.any())
    return changed


def plan_groups(traced: UnitGraph, groups: Array) -> Plan:
    """Plan to remove the given groups, whatever they do; those that must stay stay.

    Parameters
    ----------
    traced : UnitGraph
    groups : ndarray of int
        Numbers as in ``traced.groups``.
    """
    gone = np.zeros(traced.groups.max(initial=-1) + 1, dtype=bool)
    gone[groups] = True
    gone[list(traced.fixed)] = False
    nothing = {i: np.full(len(units.atoms), np.nan) for i, units in traced.units.items()}
    return _plan(traced, nothing, _never_empty(traced, gone), {})


def _stand_ins(
    traced: UnitGraph,
    constant: dict[int, Array],
    border: dict[int, list[tuple[int, int, int]]],
    gone: Array,
) -> Carried:
    """Let one constant unit stand in for all others read at the same places.

    A constant c cannot be folded into a bias where it meets zero padding, but c·w = c'·(c/c')·w:
    another constant unit can carry it exactly. Marks the stand-ins as staying.
    """
    alike: dict[tuple[tuple[int, int], ...], list[int]] = defaultdict(list)
    for group, read in border.items():
        if gone[group]:
            alike[tuple(sorted((index, k) for index, k, _ in read))].append(group)
    carried: Carried = defaultdict(list)
    for places, members in alike.items():

        def value(group: int, index: int, k: int) -> tuple[int, float]:
            position = next(p for i, kk, p in border[group] if (i, kk) == (index, k))
            return position, float(constant[traced.placed[index].call.inputs[k]][position])

        if len(set(places)) < len(places):  # a unit that is read twice at one place: keep it
            gone[members] = False
            continue
        strength = [min(abs(value(g, i, k)[1]) for i, k in places) for g in members]
        carrier = members[int(np.argmax(strength))]
        gone[carrier] = False
        for group in members:
            for index, k in places if group != carrier else ():
                (position, mine), (other, its) = value(group, index, k), value(carrier, index, k)
                carried[index].append((k, position, other, mine / its))
    return carried


def _never_empty(traced: UnitGraph, gone: Array) -> Array:
    """Keep the first group of every tensor that would lose all of its units."""
    gone = gone.copy()
    before = -1
    while before != gone.sum():
        before = gone.sum()
        tensors = (traced.groups_of(i) for i in traced.units)
        within = (traced.inner(index) for index in range(len(traced.placed)))
        for groups in (*tensors, *within):
            if len(groups) and gone[groups].all():
                gone[groups[0]] = False
    return gone


def _plan(traced: UnitGraph, constant: dict[int, Array], gone: Array, carried: Carried) -> Plan:
    keep = {i: np.flatnonzero(~gone[traced.groups_of(i)]) for i in traced.units}
    cuts = []
    given = given_constants(traced, constant)
    for index, placed in enumerate(traced.placed):
        inputs, outputs = placed.call.inputs, placed.call.outputs
        stay = {k: set(keep[i].tolist()) for k, i in enumerate(inputs)}
        cuts.append(
            Cut(
                tuple(keep[i] for i in inputs),
                tuple(keep[i] for i in outputs),
                given[index],
                tuple(c for c in carried.get(index, ()) if c[1] not in stay[c[0]]),
                np.flatnonzero(~gone[traced.inner(index)]),
            )
        )
    numbers = range(len(traced.graph.shapes))
    return Plan(
        graph=traced.graph,
        placed=tuple(traced.placed),
        kinds=tuple(traced.kinds),
        cuts=tuple(cuts),
        axes=tuple(traced.units[i].axis for i in numbers),
        keep=tuple(keep[i] for i in numbers),
        left_whole=traced.left_whole,
        kept=_kept(traced, gone),
        removed=_removed(traced, gone),
    )


def _kept(traced: UnitGraph, gone: Array) -> dict[str, Array]:
    """Return the units that stay, by the path of the call and of what holds their weights."""
    found = {}
    for placed, kind in zip(traced.placed, traced.kinds, strict=True):
        if kind.makes is not None:
            path = placed.call.path
            found[path] = np.flatnonzero(~gone[traced.groups_of(placed.call.outputs[0])])
            for name, atoms in kind.makes(placed).items():
                if name:
                    found[f"{path}/{name}"] = np.flatnonzero(~gone[traced.groups[atoms]])
    return found


def _removed(traced: UnitGraph, gone: Array) -> dict[str, int]:
    """Count the units that go, by the path of the call; heads by that of their values."""
    found = {}
    for index, (placed, kind) in enumerate(zip(traced.placed, traced.kinds, strict=True)):
        if kind.makes is not None:
            path = placed.call.path
            found[path] = int(gone[traced.groups_of(placed.call.outputs[0])].sum())
            found[f"{path}/value_dense"] = int(gone[traced.inner(index)].sum())
    return {path: count for path, count in found.items() if count}


def group_members(traced: UnitGraph) -> dict[int, list[tuple[str, Array]]]:
    """Return the units of each removable group: (layer path, unit indices) pairs.

    The path is that of the layer that holds the weights: of a GRU's units, its cell's.
    """
    found: dict[int, list[tuple[str, Array]]] = defaultdict(list)
    for placed, kind in zip(traced.placed, traced.kinds, strict=True):
        for name, atoms in ({} if kind.makes is None else kind.makes(placed)).items():
            path = f"{placed.call.path}/{name}".rstrip("/")
            for group, units in _by_group(traced.groups[atoms]):
                if group not in traced.fixed:
                    found[group].append((path, units))
    return dict(found)


def _by_group(groups: Array) -> Iterator[tuple[int, Array]]:
    """Yield each group with its positions."""
    order = np.argsort(groups, kind="stable")
    numbers, starts = np.unique(groups[order], return_index=True)
    for number, units in zip(numbers, np.split(order, starts[1:]), strict=False):
        yield int(number), units
