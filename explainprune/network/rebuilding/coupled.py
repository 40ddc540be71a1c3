"""Groups of units that can be removed together, and the masks that silence them for good."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from explainprune.network.protocol import Model
from explainprune.network.rebuilding.deciding import group_members, plan_groups
from explainprune.network.rebuilding.graph import layer_variables, read_graph
from explainprune.network.rebuilding.kinds.kind import Cut, Kind, Placed
from explainprune.network.rebuilding.tracing import Traced, trace
from explainprune.network.rebuilding.units import Ledger
from explainprune.network.variables import variables
from explainprune.types import Array

_STATISTICS = ("moving_mean", "moving_variance")


@dataclass(frozen=True, eq=False)
class Coupled:
    """The removable units of a model, in groups.

    Attributes
    ----------
    members : tuple of dict of str to ndarray of int
        For each group, the unit indices by layer path. Units that must stay are in no group.
    left_whole : dict of str to str
        Layers whose units must stay because of a layer that is not known, with the reason.
    """

    members: tuple[dict[str, Array], ...]
    left_whole: dict[str, str]
    _traced: Traced
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
        masks: dict[str, Array] = {}
        for placed, kind, cut in zip(plan.placed, plan.kinds, plan.cuts, strict=True):
            for name, mask in _survivors(placed, kind, cut).items():
                if name not in _STATISTICS and not mask.all():
                    masks[self._paths[id(layer_variables(placed.call.op)[name])]] = mask
        return masks


def coupled_units(model: Model) -> Coupled:
    """Find which units of a Sequential or Functional model can be removed, and which together.

    Raises
    ------
    TypeError, ValueError
        If the layer graph of the model is not known.
    """
    traced = trace(read_graph(model))
    found = group_members(traced)
    return Coupled(
        members=tuple(dict(units) for units in found.values()),
        left_whole=traced.left_whole,
        _traced=traced,
        _numbers=np.array(list(found), dtype=int),
        _paths={id(variable): path for path, variable in variables(model).items()},
    )


def _survivors(placed: Placed, kind: Kind, cut: Cut) -> dict[str, Array]:
    """Return which entries of each weight a cut keeps: cut their numbers, see what is left."""
    weights = placed.call.weights
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
