"""Units that can be removed, alone or in groups, and the masks that silence them for good."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from explainprune.network.graph.graph import Graph
from explainprune.network.layers.passing import Cut, Passing, Placed
from explainprune.network.layers.units import Ledger
from explainprune.network.protocol import Model
from explainprune.network.shrinking.constants import constants
from explainprune.network.shrinking.deciding import group_members, plan_groups
from explainprune.network.shrinking.tracing import UnitGraph, trace, trace_model
from explainprune.network.variables import layer_variables, variables
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Removable:
    """The units of a model that can be removed, in groups.

    Attributes
    ----------
    members : tuple of dict of str to ndarray of int
        For each group, the unit indices by the path of the layer that holds their weights. Units
        that must stay are in no group.
    reasons : dict of str to str
        Layers none of whose units can go, and layers that are not known, with the reason.
    meets : tuple of str
        Layers whose units, each made silent alone, end where they meet others.
    """

    members: tuple[dict[str, Array], ...]
    reasons: dict[str, str]
    meets: tuple[str, ...]
    _traced: UnitGraph
    _numbers: Array
    _paths: dict[int, str]

    def masks(self, gone: Collection[int]) -> dict[str, Array]:
        """Return masks, by variable path, that make the groups in `gone` silent.

        What a unit reads, its own parameters and what reads it are zero: a model so masked
        computes the same as one without those units, whatever its activations make of zero.
        A group stays where a layer would lose its last unit.

        Parameters
        ----------
        gone : collection of int
            Indices into `members`.
        """
        plan = plan_groups(self._traced, self._numbers[np.asarray(list(gone), dtype=int)])
        # A unit that ends in a sum must come out of a normalisation as zero: so its mean goes, too.
        kept = ("moving_variance", "moving_mean") if self._traced.couples else ("moving_variance",)
        masks: dict[str, Array] = {}
        for placed, kind, cut in zip(plan.placed, plan.kinds, plan.cuts, strict=True):
            for name, mask in _survivors(placed, kind, cut).items():
                if name not in kept and not mask.all():
                    path = self._paths[id(layer_variables(placed.call.operation)[name])]
                    masks[path] = masks[path] & mask if path in masks else mask
        return masks


def removable_units(model: Model, *, couples: bool = True) -> Removable:
    """Find which units of a Sequential or Functional model can be removed, and which together.

    Parameters
    ----------
    model : keras.Model
    couples : bool
        Whether units that meet in a sum, a product or a maximum go together; `shrink` can then do
        without them. If not, each goes alone, and must come to the sum as exactly zero.

    Raises
    ------
    TypeError, ValueError
        If the layer graph of the model is not known.
    """
    traced = trace_model(model, couples=couples)
    if not couples:
        loud = _loud(traced.graph, traced)
        traced = replace(traced, fixed={**loud, **traced.fixed})
    found = group_members(traced)
    return Removable(
        members=tuple(dict(units) for units in found.values()),
        reasons=_reasons(traced),
        meets=_meets(traced, found),
        _traced=traced,
        _numbers=np.array(list(found), dtype=int),
        _paths={id(variable): path for path, variable in variables(model).items()},
    )


def _loud(graph: Graph, traced: UnitGraph) -> dict[int, str]:
    """Return the groups that don't come to where they end as zero when all their weights are."""
    silent = [
        replace(call, weights={n: np.zeros_like(w) for n, w in call.weights.items()})
        for call in graph.calls
    ]
    constant = constants(trace(replace(graph, calls=silent), couples=False))
    found: dict[int, str] = {}
    for path, tensor, at in traced.stops:
        for group in traced.groups_of(tensor)[at][constant[tensor][at] != 0]:
            found.setdefault(int(group), f"a silent unit isn't 0 where {path!r} reads it")
    return found


def _meets(traced: UnitGraph, found: dict[int, list[tuple[str, Array]]]) -> tuple[str, ...]:
    """Return the layers of the groups that end somewhere."""
    ending: set[int] = set()
    for _, tensor, at in traced.stops:
        ending.update(traced.groups_of(tensor)[at].tolist())
    return tuple(
        dict.fromkeys(path for group in found if group in ending for path, _ in found[group])
    )


def _reasons(traced: UnitGraph) -> dict[str, str]:
    """Return the layers none of whose units can go, with the reason, whatever they touch."""
    found = dict(traced.noted)
    for placed, kind in zip(traced.placed, traced.kinds, strict=True):
        for name, atoms in ({} if kind.makes is None else kind.makes(placed)).items():
            groups = set(traced.groups[atoms].tolist())
            if groups <= traced.fixed.keys():
                path = f"{placed.call.path}/{name}".rstrip("/")
                found.setdefault(path, traced.fixed[min(groups)])
    return found


def _survivors(placed: Placed, kind: Passing, cut: Cut) -> dict[str, Array]:
    """Return which entries of each weight a cut keeps: cut their numbers, see what is left."""
    weights = placed.call.weights
    if not weights:
        return {}
    numbers = {n: np.arange(1, w.size + 1).reshape(w.shape) for n, w in weights.items()}
    counted = replace(placed.call, weights=numbers)
    outputs, extra = kind.trace(counted, placed.inputs, Ledger())
    left = kind.change(Placed(counted, placed.inputs, outputs, extra), cut).weights
    masks = {}
    for name, kept in left.items():
        mask = np.zeros(weights[name].size, dtype=bool)
        mask[kept.ravel() - 1] = True
        masks[name] = mask.reshape(weights[name].shape)
    return masks
