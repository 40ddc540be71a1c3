"""Granularity ``"fan_in:K"``: at most K incoming weights for each unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explainprune.network.layers import LayerInfo
from explainprune.network.protocol import Model
from explainprune.pruning.granularity.view import Entries, Scores, Sharing, View, only_global
from explainprune.pruning.granularity.weight import axes_of, kernels_of
from explainprune.pruning.ranking import as_rows, from_rows, keep_highest_in_rows
from explainprune.types import Masks


def fan_in(model: Model, infos: Sequence[LayerInfo], *limits: int) -> View:
    """See a model as units that each keep their K best incoming weights.

    Parameters
    ----------
    model : keras.Model
    infos : sequence of LayerInfo
    *limits : int
        K for all layers, or one for each in the order they run.

    Raises
    ------
    ValueError
        If a K is below 1, or there are neither one nor as many as layers.
    """
    if min(limits) < 1 or len(limits) not in (1, len(infos)):
        raise ValueError(
            f"fan_in:K takes one K of at least 1, or one for each of the {len(infos)} layers that "
            f"may be pruned, {[info.path for info in infos]}. Received: {limits}."
        )
    each = list(limits) * len(infos) if len(limits) == 1 else limits
    kernels, layer_of = kernels_of(model, infos)
    axes = axes_of(kernels, infos)
    most = {path: k for info, k in zip(infos, each, strict=True) for path in info.kernels}
    incoming = {path: as_rows(kernel, axes[path]).shape[1] for path, kernel in kernels.items()}

    def choose(scores: Scores, sparsity: float, kept: Entries | None, sharing: Sharing) -> Entries:
        only_global(sharing, "fan_in")
        chosen: Entries = {}
        for path, kernel in kernels.items():
            values = np.where(True if kept is None else kept[path], scores[path], -np.inf)
            goes = round(sharing.progress * max(0, incoming[path] - most[path]))
            rows = keep_highest_in_rows(as_rows(values, axes[path]), incoming[path] - goes)
            chosen[path] = from_rows(rows, kernel.shape, axes[path])
        return chosen

    sizes = {path: kernel.size for path, kernel in kernels.items()}
    gone = sum(
        sizes[path] // incoming[path] * max(0, incoming[path] - most[path]) for path in kernels
    )
    return View(
        level="weight",
        needs=tuple(kernels),
        sizes=sizes,
        choose=choose,
        masks=lambda kept: Masks(kept, tuple(kernels)),
        layer_of=layer_of,
        sparsity=gone / sum(sizes.values()),
    )
