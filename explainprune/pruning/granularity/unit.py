"""Granularity ``"unit"``: whole neurons and channels, silenced for the rest of the network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from explainprune.network.layers import LayerInfo
from explainprune.network.protocol import Model
from explainprune.network.variables import weights_of
from explainprune.network.wiring.carrying import Slices
from explainprune.network.wiring.reach import Reach, unit_reach
from explainprune.pruning.allocation import allocate
from explainprune.pruning.candidates import kind_of
from explainprune.pruning.granularity.view import Entries, Scores, Sharing, View, by_key
from explainprune.types import Array, Masks


def unit(model: Model, infos: Sequence[LayerInfo]) -> View:
    """See a model as the units of some layers.

    Removing a unit masks its kernel slice, its bias, its normalisation parameters, and the weights
    of all layers that read it. Across layers, units are ranked by their score over the mean of
    their layer. Where something else reads it (a sum, attention), it arrives there
    as exactly 0; layers for which that is not so are left whole.

    Raises
    ------
    ValueError
        If the model is subclassed, or none of the layers can lose units.
    """
    reached, left_whole = _prunable(model, infos)
    shapes = {path: array.shape for path, array in weights_of(model).items()}
    mine = [info for info in infos if info.path in reached]
    own_kernels = {info.path: shapes[info.kernels[0]] for info in mine}

    def choose(scores: Scores, sparsity: float, kept: Entries | None, sharing: Sharing) -> Entries:
        return allocate(
            {info.path: over_layer_mean(scores[info.path], kept, info.path) for info in mine},
            sparsity,
            allocation=by_key(sharing, {path: path for path in reached}),
            keep_at_least=sharing.keep_at_least,
            kept=kept,
            shapes=own_kernels,
            kinds={info.path: kind_of(info, own_kernels[info.path]) for info in mine},
            seed=sharing.seed,
        )

    def masks(kept: Entries) -> Masks:
        arrays: dict[str, Array] = {}
        for path, units in kept.items():
            mask_slices(arrays, (*reached[path].own, *reached[path].read_by), units, shapes)
        kernels = tuple(path for info in mine for path in info.kernels)
        return Masks(arrays, kernels, kept)

    sizes = {path: reach.size for path, reach in reached.items()}
    layer_of = {path: path for path in reached}
    return View("unit", tuple(reached), sizes, choose, masks, layer_of, left_whole=left_whole)


def over_layer_mean(scores: Array, kept: Entries | None, path: str) -> Array:
    """Divide a layer's unit scores by their mean over the units that are left.

    Sums over 784 incoming weights and over 64 don't compare, and neither do scores whose scale
    follows the layer's width: without this a global ranking empties one layer after the other.
    """
    left = scores if kept is None else scores[kept[path]]
    mean = float(np.abs(left).mean()) if left.size else 0.0
    return scores / mean if mean > 0 else scores


def mask_slices(
    arrays: dict[str, Array],
    slices: Iterable[Slices],
    kept: Array,
    shapes: dict[str, tuple[int, ...]],
) -> None:
    """Mask, in `arrays`, all entries that belong to units which are not kept."""
    for each in slices:
        shape = shapes[each.path]
        mask = arrays.setdefault(each.path, np.ones(shape, bool))
        stays = np.where(each.units < 0, True, kept[each.units])
        mask &= stays.reshape([-1 if axis == each.axis else 1 for axis in range(len(shape))])


def _prunable(model: Model, infos: Sequence[LayerInfo]) -> tuple[dict[str, Reach], dict[str, str]]:
    """Split layers into those that can lose units, and the others with the reason."""
    try:
        reached = unit_reach(model)
    except ValueError as error:
        raise ValueError(f"granularity='unit' follows units along the graph. {error}") from error
    found: dict[str, Reach] = {}
    left: dict[str, str] = {}
    for info in infos:
        if info.path not in reached:
            left[info.path] = f"units of kind {info.kind!r} can't be removed one by one"
        elif not reached[info.path].zero_at_stops:
            stops = ", ".join(repr(stop) for stop in reached[info.path].stops)
            left[info.path] = f"a silent unit isn't 0 where {stops} reads it"
        else:
            found[info.path] = reached[info.path]
    if not found:
        reasons = "; ".join(f"{path!r}: {reason}" for path, reason in left.items())
        raise ValueError(f"Model {model.name!r} has no unit that can be removed. {reasons}.")
    return found, left
