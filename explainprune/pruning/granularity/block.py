"""Granularity ``"block:RxC"``: rectangles of R incoming weights by C units."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.pruning.allocation import allocate
from explainprune.pruning.candidates import kind_of
from explainprune.pruning.granularity.view import Entries, Scores, Sharing, View, by_key
from explainprune.pruning.granularity.weight import axes_of, kernels_of
from explainprune.pruning.ranking import as_rows, from_rows
from explainprune.types import Array, Masks


def block(model: Model, infos: Sequence[LayerInfo], rows: int, columns: int) -> View:
    """See a model as blocks of its kernels, laid out as (incoming weights, units).

    A block's score is the mean of its weights'; blocks at the edges may be smaller. Sparsity is
    the share of blocks, and `keep_at_least` counts blocks for each unit.

    Raises
    ------
    ValueError
        If a side is below 1.
    """
    if min(rows, columns) < 1:
        raise ValueError(f"block:RxC has sides of at least 1. Received: {rows}x{columns}.")
    kernels, layer_of = kernels_of(model, infos)
    axes = axes_of(kernels, infos)
    shapes = {
        path: block_means(as_rows(kernel, axes[path]).T, rows, columns).shape
        for path, kernel in kernels.items()
    }
    sizes = {path: math.prod(shape) for path, shape in shapes.items()}

    def choose(scores: Scores, sparsity: float, kept: Entries | None, sharing: Sharing) -> Entries:
        return allocate(
            {p: block_means(as_rows(scores[p], axes[p]).T, rows, columns) for p in kernels},
            sparsity,
            allocation=by_key(sharing, layer_of),
            keep_at_least=sharing.keep_at_least,
            unit_axes=dict.fromkeys(kernels, 1),
            kept=kept,
            shapes={path: kernel.shape for path, kernel in kernels.items()},
            kinds={p: kind_of(i, kernels[p].shape) for i in infos for p in i.kernels},
            seed=sharing.seed,
        )

    def masks(kept: Entries) -> Masks:
        arrays = {}
        for path, kernel in kernels.items():
            spread = kept[path].repeat(rows, axis=0).repeat(columns, axis=1)
            units, incoming = as_rows(kernel, axes[path]).shape
            arrays[path] = from_rows(spread[:incoming, :units].T, kernel.shape, axes[path])
        return Masks(arrays, tuple(kernels), kept)

    return View("weight", tuple(kernels), sizes, choose, masks, layer_of, shapes=shapes)


def block_means(matrix: Array, rows: int, columns: int) -> Array:
    """Return the mean of each block of a matrix; blocks at the edges hold what is left.

    Examples
    --------
    >>> block_means(np.array([[1.0, 3.0, 5.0], [3.0, 5.0, 7.0], [4.0, 6.0, 8.0]]), 2, 2)
    array([[3., 6.],
           [5., 8.]])
    """
    down = np.arange(0, matrix.shape[0], rows)
    right = np.arange(0, matrix.shape[1], columns)
    sums = np.add.reduceat(np.add.reduceat(matrix, down, axis=0), right, axis=1)
    heights = np.diff([*down, matrix.shape[0]])
    widths = np.diff([*right, matrix.shape[1]])
    means: Array = sums / np.outer(heights, widths)
    return means
