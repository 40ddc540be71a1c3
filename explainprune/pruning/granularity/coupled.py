"""Granularity ``"coupled"``: units that can only be removed together, as sums in a graph tie them.

What a sum, a product or a depthwise filter joins stands or falls together. Removing such a group
whole makes a model that `shrink` can rebuild without it; ``"unit"`` silences units one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explainprune.network.layers import LayerInfo, prunable_layers
from explainprune.network.protocol import Model
from explainprune.network.rebuilding.coupled import Coupled, coupled_units
from explainprune.network.variables import weights_of
from explainprune.pruning.allocation import allocate
from explainprune.pruning.granularity.view import Entries, Scores, Sharing, View, by_key
from explainprune.types import Array, Masks


def coupled(model: Model, infos: Sequence[LayerInfo]) -> View:
    """See a model as groups of coupled units, keyed by the layers that they are units of.

    A group's score is the sum of its units'. Groups with a unit in an output layer, or in a layer
    that is not among `infos`, stay.

    Raises
    ------
    ValueError
        If the model is subclassed, or no group can be removed.
    """
    found = coupled_units(model)
    groups = _groups(found, model, infos)
    if not groups:
        reasons = "; ".join(f"{path!r}: {why}" for path, why in found.left_whole.items())
        raise ValueError(f"Model {model.name!r} has no unit that can be removed. {reasons}")
    members = {key: [found.members[index] for index in indices] for key, indices in groups.items()}
    present = {path for each in members.values() for path in each[0]}
    scored = [info for info in infos if info.prunable_units and info.path in present]

    def choose(scores: Scores, sparsity: float, kept: Entries | None, sharing: Sharing) -> Entries:
        return allocate(
            {key: _sums(scores, each, scored) for key, each in members.items()},
            sparsity,
            allocation=by_key(sharing, layer_of),
            # A layer can't lose its last unit.
            keep_at_least=max(1, sharing.keep_at_least),
            kept=kept,
            seed=sharing.seed,
        )

    shapes = {path: values.shape for path, values in weights_of(model).items()}
    kernels = tuple(path for info in scored for path in info.kernels)

    def masks(kept: Entries) -> Masks:
        gone = [i for key, indices in groups.items() for i in np.asarray(indices)[~kept[key]]]
        whole = {path: np.ones(shapes[path], bool) for path in kernels}
        return Masks(whole | found.masks(gone), kernels, kept)

    sizes = {key: len(indices) for key, indices in groups.items()}
    layer_of = {key: next(iter(each[0])) for key, each in members.items()}
    needs = tuple(info.path for info in scored)
    return View("unit", needs, sizes, choose, masks, layer_of, left_whole=found.left_whole)


def _groups(found: Coupled, model: Model, infos: Sequence[LayerInfo]) -> dict[str, list[int]]:
    """Return the groups that may go, by the names of their layers joined with ``+``."""
    allowed = {info.path for info in infos}
    barred = {info.path for info in prunable_layers(model)} - allowed
    scored = {info.path for info in infos if info.prunable_units}
    groups: dict[str, list[int]] = {}
    for index, members in enumerate(found.members):
        if barred.isdisjoint(members) and not scored.isdisjoint(members):
            groups.setdefault("+".join(members), []).append(index)
    return groups


def _sums(scores: Scores, members: list[dict[str, Array]], scored: list[LayerInfo]) -> Array:
    """Add up the scores of each group's units."""
    paths = [info.path for info in scored]
    return np.array(
        [sum(scores[p][units[p]].sum() for p in paths if p in units) for units in members]
    )
