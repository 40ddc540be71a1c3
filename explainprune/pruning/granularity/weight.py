"""Granularity ``"weight"``: single entries of kernels."""

from __future__ import annotations

from collections.abc import Sequence

from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.network.variables import weights_of
from explainprune.pruning.allocation import allocate
from explainprune.pruning.candidates import kind_of
from explainprune.pruning.granularity.view import Entries, Scores, Sharing, View, by_key
from explainprune.types import Array, Masks


def kernels_of(model: Model, infos: Sequence[LayerInfo]) -> tuple[dict[str, Array], dict[str, str]]:
    """Return the kernels of some layers by path, and the layer of each."""
    weights = weights_of(model)
    layer_of = {path: info.path for info in infos for path in info.kernels}
    return {path: weights[path] for path in layer_of}, layer_of


def axes_of(kernels: dict[str, Array], infos: Sequence[LayerInfo]) -> dict[str, int]:
    """Return the unit axis of each kernel."""
    return {path: info.axis_of(path, kernels[path].ndim) for info in infos for path in info.kernels}


def weight(model: Model, infos: Sequence[LayerInfo]) -> View:
    """See a model as the weights of some layers' kernels."""
    kernels, layer_of = kernels_of(model, infos)
    axes = axes_of(kernels, infos)
    kinds = {p: kind_of(info, kernels[p].shape) for info in infos for p in info.kernels}

    def choose(scores: Scores, sparsity: float, kept: Entries | None, sharing: Sharing) -> Entries:
        return allocate(
            {path: scores[path] for path in kernels},
            sparsity,
            allocation=by_key(sharing, layer_of),
            keep_at_least=sharing.keep_at_least,
            unit_axes=axes,
            kept=kept,
            kinds=kinds,
            seed=sharing.seed,
        )

    sizes = {path: kernel.size for path, kernel in kernels.items()}
    needs = tuple(kernels)
    return View("weight", needs, sizes, choose, lambda kept: Masks(kept, needs), layer_of)
