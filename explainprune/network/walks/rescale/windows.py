"""Maxima of windows, shared as Shapley values: nearer to the truth than all to one place."""

from __future__ import annotations

import math
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.pairs import Pairs
from explainprune.network.walks.rescale.maxima import shares_of_maximum

Grads = list[Any]


def max_pool_by_shapley(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share each window's change over its places as Shapley values, in two or three dimensions.

    Windows that overlap add up at the places that they share.
    """
    source, out = op.inputs[0], op.outputs[0]
    if op.get_attr("data_format") not in (b"NHWC", b"NDHWC"):
        raise ValueError(f"operation {op.name!r} pools channels-first: channels must come last")
    margins = _margins(op)
    x, b = (_in_windows(op, _padded(end, margins)) for end in pairs.of(source))
    slope = tf.clip_by_value(tf.math.divide_no_nan(shares_of_maximum(x, b), x - b), 0.0, 1.0)
    paid = pairs.scaled(tf.expand_dims(grads[0], -1), slope, out)

    zeros = tf.zeros(pairs.sizes(source), source.dtype)
    windows = _in_windows(op, tf.pad(zeros, margins))
    return [tf.gradients(windows, zeros, grad_ys=paid)[0]]


def _margins(op: Any) -> list[list[int]]:
    """Return what "same" padding adds at both ends of each axis."""
    sizes = op.inputs[0].shape[1:-1]
    margins = [[0, 0]]
    window, steps = op.get_attr("ksize")[1:-1], op.get_attr("strides")[1:-1]
    for size, each, step in zip(sizes, window, steps, strict=True):
        count = math.ceil(size / step)
        more = max((count - 1) * step + each - size, 0)
        more = 0 if op.get_attr("padding") == b"VALID" else more
        margins.append([more // 2, more - more // 2])
    return [*margins, [0, 0]]


def _padded(image: Any, margins: list[list[int]]) -> Any:
    """Add places that are never the largest."""
    return tf.pad(image, margins, constant_values=image.dtype.min / 4)


def _in_windows(op: Any, image: Any) -> Any:
    """Lay each window's places side by side, one channel at a time: (…, channels, places)."""
    options = {"ksizes": op.get_attr("ksize"), "strides": op.get_attr("strides")}
    if op.type == "MaxPool3D":
        flat = tf.raw_ops.ExtractVolumePatches(input=image, padding="VALID", **options)
    else:
        flat = tf.raw_ops.ExtractImagePatches(
            images=image, rates=[1, 1, 1, 1], padding="VALID", **options
        )
    *outer, channels = op.outputs[0].shape
    places = math.prod(options["ksizes"])
    sizes = tf.stack([tf.shape(flat)[0], *outer[1:], places, channels])
    parted = tf.ensure_shape(tf.reshape(flat, sizes), [None, *outer[1:], places, channels])
    rank = parted.shape.rank
    return tf.transpose(parted, [*range(rank - 2), rank - 1, rank - 2])
