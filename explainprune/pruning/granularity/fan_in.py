"""Granularity ``"fan_in:K"``: at most K incoming weights for each unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.pruning.granularity.view import Entries, Scores, Sharing, View, only_global
from explainprune.pruning.granularity.weight import axes_of, kernels_of
from explainprune.pruning.ranking import as_rows, from_rows, keep_highest_in_rows
from explainprune.types import Masks


def fan_in(model: Model, infos: Sequence[LayerInfo], *limits: int) -> View:
    """See a model as units that each keep their K best incoming weights.

    On the way there, in steps, all layers have come equally far in the logarithm of their fan-in:
    with ``schedule="geometric"`` each layer's falls by the same factor at every step. Sharing the
    number of weights instead would leave the narrowest limit to the last step.

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
    sizes = {path: kernel.size for path, kernel in kernels.items()}

    def choose(scores: Scores, sparsity: float, kept: Entries | None, sharing: Sharing) -> Entries:
        only_global(sharing, "fan_in")
        chosen: Entries = {}
        listed = [[by_path[path] for path in kernels] for by_path in (sizes, incoming, most)]
        stay = fan_ins(listed[0], listed[1], listed[2], sharing.progress)
        for (path, kernel), count in zip(kernels.items(), stay, strict=True):
            values = np.where(True if kept is None else kept[path], scores[path], -np.inf)
            rows = keep_highest_in_rows(as_rows(values, axes[path]), count)
            chosen[path] = from_rows(rows, kernel.shape, axes[path])
        return chosen

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


def fan_ins(
    sizes: Sequence[int], incoming: Sequence[int], most: Sequence[int], progress: float
) -> list[int]:
    """Return how many incoming weights each layer's units keep when pruning has come so far.

    Finds t in ``n (K / n)^t``, the same for all layers, so that of all weights that go in the end
    the share `progress` has gone.

    Parameters
    ----------
    sizes, incoming, most : sequence of int
        Weights of each layer, n of each of its units, and K.
    progress : float
        In (0, 1].

    Examples
    --------
    >>> fan_ins([64_000, 64_000], [64, 64], [4, 16], 0.5)
    [30, 44]
    """
    size, start = np.asarray(sizes, float), np.asarray(incoming, float)
    factor = np.minimum(1.0, np.asarray(most) / start)
    goal = progress * (size @ (1 - factor))
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if size @ (1 - factor**middle) < goal else (low, middle)
    # Rounded before, so that a hair's breadth doesn't decide between two whole numbers.
    return [round(float(each)) for each in (start * factor**high).round(6)]
