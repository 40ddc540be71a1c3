"""Granularity ``"N:M"``: of every M consecutive incoming weights of a unit at most N."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.pruning.granularity.view import Entries, Scores, Sharing, View, only_global
from explainprune.pruning.granularity.weight import axes_of, kernels_of
from explainprune.pruning.ranking import keep_highest_in_rows
from explainprune.types import Array, Masks


def n_of_m(model: Model, infos: Sequence[LayerInfo], n: int, m: int) -> View:
    """See a model as groups of M weights that read neighbouring input channels for one unit.

    ``"2:4"`` is what sparse tensor cores speed up (Mishra et al. 2021, arXiv:2104.08378). A last
    group of fewer than M keeps N, or all of it.

    Raises
    ------
    ValueError
        Unless 1 ≤ N < M.
    """
    if not 1 <= n < m:
        raise ValueError(f"N:M keeps N of M weights, 1 ≤ N < M. Received: {n}:{m}.")
    kernels, layer_of = kernels_of(model, infos)
    axes = axes_of(kernels, infos)

    def choose(scores: Scores, sparsity: float, kept: Entries | None, sharing: Sharing) -> Entries:
        only_global(sharing, "N:M")
        chosen: Entries = {}
        for path in kernels:
            values = np.where(True if kept is None else kept[path], scores[path], -np.inf)
            count = m - round(sharing.progress * (m - n))
            chosen[path] = keep_in_groups(values, axes[path], count, m)
        return chosen

    sizes = {path: kernel.size for path, kernel in kernels.items()}
    final = {
        path: keep_in_groups(np.zeros(kernel.shape), axes[path], n, m)
        for path, kernel in kernels.items()
    }
    return View(
        level="weight",
        needs=tuple(kernels),
        sizes=sizes,
        choose=choose,
        masks=lambda kept: Masks(kept, tuple(kernels)),
        layer_of=layer_of,
        sparsity=Masks(final).sparsity,
    )


def keep_in_groups(values: Array, unit_axis: int, count: int, size: int) -> Array:
    """Keep the `count` highest of each group of `size` along a kernel's input channels.

    Examples
    --------
    >>> keep_in_groups(np.array([[4.0], [1.0], [3.0], [2.0], [0.5]]), 1, 1, 2).ravel()
    array([ True, False,  True, False,  True])
    """
    moved = np.moveaxis(values, unit_axis, 0)
    channels = moved.shape[-1]
    ragged = [(0, 0)] * (moved.ndim - 1) + [(0, -channels % size)]
    padded = np.pad(moved, ragged, constant_values=-np.inf)
    kept = keep_highest_in_rows(padded.reshape(-1, size), count).reshape(padded.shape)
    return np.moveaxis(kept[..., :channels], 0, unit_axis)
