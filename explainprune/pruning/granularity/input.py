"""Granularity ``"input"``: whole input features, read by nothing any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from explainprune.lookup import some
from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.network.shrinking.readers import Slices, readers_of_inputs
from explainprune.network.variables import weights_of
from explainprune.pruning.allocation import allocate
from explainprune.pruning.granularity.view import Entries, Scores, Sharing, View, by_key
from explainprune.types import Array, Masks


def input_(model: Model, infos: Sequence[LayerInfo]) -> View:
    """See a model as its input features.

    A feature's score is the sum over the weights that read it, and removing it masks them. Inputs
    that something else reads first (a convolution, an embedding), or a layer that is not among
    `infos`, are left whole.

    Raises
    ------
    ValueError
        If the model is subclassed, or no input can lose features.
    """
    allowed = {path for info in infos for path in info.kernels}
    reads: dict[str, tuple[Slices, ...]] = {}
    left: dict[str, str] = {}
    found = readers_of_inputs(model)
    for name, readers in found.items():
        barred = [s.path for s in readers.slices if s.path not in allowed or not s.alone]
        if readers.ends or barred:
            left[name] = f"{', '.join(repr(end) for end in (*readers.ends, *barred))} reads it"
        else:
            reads[name] = readers.slices
    if not reads:
        raise ValueError(f"Model {model.name!r} has no input that can lose features: {some(left)}.")
    shapes = {path: array.shape for path, array in weights_of(model).items()}
    kernels = tuple(dict.fromkeys(each.path for slices in reads.values() for each in slices))
    sizes = {name: found[name].size for name in reads}

    def choose(scores: Scores, sparsity: float, kept: Entries | None, sharing: Sharing) -> Entries:
        return allocate(
            {name: _sums(scores, reads[name], sizes[name]) for name in reads},
            sparsity,
            allocation=by_key(sharing, {name: name for name in reads}),
            keep_at_least=sharing.keep_at_least,
            kept=kept,
            seed=sharing.seed,
        )

    def masks(kept: Entries) -> Masks:
        arrays: dict[str, Array] = {}
        for name, features in kept.items():
            mask_slices(arrays, reads[name], features, shapes)
        return Masks(arrays, kernels, kept)

    layer_of = {name: name for name in reads}
    return View("weight", kernels, sizes, choose, masks, layer_of, left_whole=left)


def mask_slices(
    arrays: dict[str, Array],
    slices: Iterable[Slices],
    kept: Array,
    shapes: dict[str, tuple[int, ...]],
) -> None:
    """Mask, in `arrays`, all entries that belong to features which are not kept."""
    for each in slices:
        shape = shapes[each.path]
        mask = arrays.setdefault(each.path, np.ones(shape, bool))
        stays = np.where(each.units < 0, True, kept[each.units])
        mask &= stays.reshape([-1 if axis == each.axis else 1 for axis in range(len(shape))])


def _sums(scores: Scores, slices: Sequence[Slices], size: int) -> Array:
    """Add up the scores of the weights that read each feature."""
    total = np.zeros(size)
    for each in slices:
        values = np.moveaxis(np.asarray(scores[each.path]), each.axis, 0)
        mine = each.units >= 0
        np.add.at(total, each.units[mine], values.reshape(len(values), -1).sum(axis=1)[mine])
    return total
