"""Statistics of batch normalisation taken anew from calibration rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.functions.feeding import feed
from explainprune.network.graph.graph import Call, in_inference, read_graph
from explainprune.network.layers.registry import kind_of
from explainprune.network.protocol import Model
from explainprune.network.statistics.answers import with_mean_one
from explainprune.network.training.refitting import batches
from explainprune.network.variables import clone
from explainprune.types import Array, Inputs


def recalibrated(
    model: Model, x: Inputs, *, batch_size: int = 256, weight: Array | None = None
) -> Model:
    """Return a clone whose BatchNormalization statistics are those of `x`.

    One pass: each batch is normalised by its own statistics, and the means and variances over all
    batches become the layer's. Places that a mask hides don't count; frozen layers keep theirs.

    Parameters
    ----------
    model : keras.Model
    x : ndarray (n, ...) or dict
    batch_size : int
    weight : ndarray (n,), optional
        How much each row counts.

    Raises
    ------
    ValueError
        If the model is subclassed, rows don't fit it, or all weigh 0.
    """
    copy = clone(model)
    graph, parts = read_graph(copy), feed(copy, x)
    weights = np.ones(len(parts[0])) if weight is None else with_mean_one(np.asarray(weight))
    sums: dict[int, list[Any]] = {}

    for batch, share in batches(parts, weights, batch_size):

        def call(
            each: Call, args: tuple[Any, ...], kwargs: dict[str, Any], share: Array = share
        ) -> Any:
            layer = each.operation
            if not kind_of(layer).learnt_statistics or not layer.trainable:
                return in_inference(each, args, kwargs)
            found = _sums(args[0], _counts(args[0], kwargs.get("mask"), share), layer.axis)
            before = sums.get(id(layer), [0, 0.0, 0.0])
            sums[id(layer)] = [a + b for a, b in zip(before, found, strict=True)]
            _set(layer, *found)  # Keras' own statistics of a batch know no weights
            return in_inference(each, args, kwargs)

        graph.run(batch, call)
    for layer in {id(c.operation): c.operation for c in graph.calls}.values():
        if id(layer) in sums:
            _set(layer, *sums[id(layer)])
    return copy


def _set(layer: Any, count: float, total: Array, squares: Array) -> None:
    """Make sums over places a layer's mean and variance; those of no places change nothing."""
    if count > 0:
        mean = total / count
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(np.maximum(squares / count - mean**2, 0))


def _counts(values: Any, mask: Any, share: Array) -> Array:
    """Return what each number counts, shaped like `values`: its row's weight, or 0 if masked."""
    mask = getattr(values, "_keras_mask", None) if mask is None else mask
    axes = len(values.shape) - 1
    counts = np.broadcast_to(np.reshape(share, (-1, *[1] * axes)), values.shape)
    return counts if mask is None else counts * np.asarray(mask, np.float64)[..., None]


def _sums(values: Any, counts: Array, axis: int) -> tuple[float, Array, Array]:
    """Return the sum of weights, of weighted values and of their squares, by channel."""
    laid = np.moveaxis(np.asarray(values, np.float64), axis, -1)
    each = np.moveaxis(counts, axis, -1)[..., 0].ravel()
    laid = laid.reshape(-1, laid.shape[-1])
    return float(each.sum()), each @ laid, each @ np.square(laid)
