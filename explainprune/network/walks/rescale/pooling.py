"""Rules for pooling and reductions."""

from __future__ import annotations

import math
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.pairs import Pairs
from explainprune.network.walks.rescale.maxima import shares_of_maximum

Grads = list[Any]


def max_pool(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Pay each window's change to the larger side's own maximum: as the shap package does.

    Where the sample's maximum is the larger one, its place gained what the output gained; where
    the reference's is, its place lost it.
    """
    if op.get_attr("data_format") != b"NHWC":
        raise ValueError(f"operation {op.name!r} pools channels-first: channels must come last")
    if tiles(op):
        return [_tiled_pool(op, grads[0], pairs, op.inputs[0])]
    return [_overlapping_pool(op, grads[0], pairs)]


def tiles(op: Any) -> bool:
    """Tell whether a pooling's windows lie side by side and whole, as most do."""
    sizes, window = op.inputs[0].shape[1:3], op.get_attr("ksize")[1:3]
    whole = all(size % each == 0 for size, each in zip(sizes, window, strict=True))
    channels_last = op.get_attr("data_format") == b"NHWC"
    beside = op.get_attr("ksize") == op.get_attr("strides")
    return bool(channels_last and beside and (whole or op.get_attr("padding") == b"VALID"))


def pool_of_relu(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share a window's maximum over what went into relu: both slopes in one quotient."""
    return [_tiled_pool(op, grads[0], pairs, op.inputs[0].op.inputs[0])]


def _tiled_pool(op: Any, grad: Any, pairs: Pairs, moved: Any) -> Any:
    """Windows that tile the image: a factor for each place, the same for all targets.

    `moved` is the tensor to which changes are paid: the pooling's input, or what a monotone
    function made that of.
    """
    source, out = op.inputs[0], op.outputs[0]
    options = {name: op.get_attr(name) for name in ("ksize", "strides", "padding", "data_format")}
    inner = [size * each for size, each in zip(out.shape[1:3], options["ksize"][1:3], strict=True)]

    def widened(tensor: Any) -> Any:
        return tf.raw_ops.ResizeNearestNeighbor(
            images=tensor, size=inner, half_pixel_centers=True, align_corners=False
        )

    winners = tf.raw_ops.MaxPoolGrad(
        orig_input=source, orig_output=out, grad=tf.ones_like(out), explicit_paddings=[], **options
    )
    inside, winners = (tensor[:, : inner[0], : inner[1]] for tensor in (moved, winners))
    best = widened(out)
    won = tf.where(winners > 0, best, out.dtype.min / 4)

    def factor(i_x: Any, i_b: Any, won_x: Any, won_b: Any, best_x: Any, best_b: Any) -> Any:
        change = tf.nn.relu(won_x - best_b) - tf.nn.relu(won_b - best_x)
        return tf.math.divide_no_nan(change, i_x - i_b)

    paid = pairs.scaled(widened(grad), pairs.combine(factor, inside, won, best), inside)
    beyond = [size - each for size, each in zip(source.shape[1:3], inner, strict=True)]
    return tf.pad(paid, [[0, 0], [0, beyond[0]], [0, beyond[1]], [0, 0]]) if any(beyond) else paid


def _overlapping_pool(op: Any, grad: Any, pairs: Pairs) -> Any:
    """Windows that overlap: what each pays is added up at its winner's place."""
    source, out = op.inputs[0], op.outputs[0]
    options = {name: op.get_attr(name) for name in ("ksize", "strides", "padding")}
    _, places = tf.raw_ops.MaxPoolWithArgmax(input=source, **options)
    (place_x, place_b), (x_out, b_out) = _repeated(places, out, pairs), pairs.of(out)
    change = pairs.scaled(grad, x_out - b_out, out)
    place = pairs.for_targets(tf.where(x_out > b_out, place_x, place_b), out)
    # Of `input` the operation reads the sizes only.
    like = tf.broadcast_to(tf.zeros((), source.dtype), pairs.sizes(source))
    paid = tf.raw_ops.MaxPoolGradWithArgmax(input=like, grad=change, argmax=place, **options)
    return pairs.scaled(paid, _inverse(source, pairs), source)


def _repeated(places: Any, out: Any, pairs: Pairs) -> tuple[Any, Any]:
    """Return each pair's places in its sample and in its reference."""
    sizes = tf.stack([pairs.samples, pairs.references])
    sample, reference = tf.split(places, sizes)
    many = [1] * (out.shape.rank - 1)
    return (
        tf.repeat(sample, pairs.references, axis=0),
        tf.tile(reference, tf.stack([pairs.samples, *many])),
    )


def _inverse(source: Any, pairs: Pairs) -> Any:
    """Return 1 / Δin of each pair; 0 where nothing moved."""
    return tf.math.reciprocal_no_nan(pairs.combine(tf.subtract, source))


def max_pool_3d(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share a window's maximum in three dimensions, in the same way."""
    source, out = op.inputs[0], op.outputs[0]
    options = {name: op.get_attr(name) for name in ("ksize", "strides", "padding", "data_format")}
    (x_in, b_in), (x_out, b_out) = pairs.of(source), pairs.of(out)
    change = x_out - b_out

    def routed(values: Any, best: Any, amounts: Any) -> Any:
        many = (pairs.for_targets(part, like) for part, like in ((values, source), (best, out)))
        orig_input, orig_output = many
        return tf.raw_ops.MaxPool3DGrad(
            orig_input=orig_input,
            orig_output=orig_output,
            grad=pairs.scaled(grads[0], amounts, out),
            **options,
        )

    paid = routed(x_in, x_out, tf.nn.relu(change)) - routed(b_in, b_out, tf.nn.relu(-change))
    return [pairs.scaled(paid, _inverse(source, pairs), source)]


def _axes(op: Any) -> list[int]:
    axes = tf.get_static_value(op.inputs[1])
    rank = op.inputs[0].shape.rank
    return [int(axis) % rank for axis in (axes.ravel() if axes is not None else range(rank))]


def _kept(op: Any, grad: Any) -> Any:
    """Give a reduced gradient its axes back, with size one."""
    if op.get_attr("keep_dims"):
        return grad
    for axis in sorted(_axes(op)):
        grad = tf.expand_dims(grad, axis)
    return grad


def reduce_sum(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Hand each summand the whole."""
    return [tf.broadcast_to(_kept(op, grads[0]), pairs.sizes(op.inputs[0])), None]


def reduce_mean(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Hand each summand its part."""
    count = 1
    for axis in _axes(op):
        count *= op.inputs[0].shape[axis]
    return [reduce_sum(op, grads, depends, pairs)[0] / count, None]


def reduce_max(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share a maximum or minimum over axes as Shapley values, each place a player.

    "Any" is the maximum of 0 and 1, "all" the minimum.
    """
    source, axes = op.inputs[0], _axes(op)
    sign = 1 if op.type in ("Max", "Any") else -1
    others = [axis for axis in range(source.shape.rank) if axis not in axes]
    order = [*others, *axes]
    x, b = (sign * tf.transpose(end, order) for end in pairs.of(source))
    shape = tf.shape(x)
    flat = tf.concat([shape[: len(others)], [-1]], axis=0)
    count = math.prod(source.shape[axis] for axis in axes)
    x_flat, b_flat = (
        tf.ensure_shape(tf.reshape(end, flat), [*x.shape[: len(others)], count]) for end in (x, b)
    )
    shares = tf.reshape(shares_of_maximum(x_flat, b_flat), shape)
    slope = tf.clip_by_value(tf.math.divide_no_nan(shares, x - b), 0.0, 1.0)
    back = [order.index(axis) for axis in range(len(order))]
    return [pairs.scaled(_kept(op, grads[0]), tf.transpose(slope, back), source), None]


def average_pool(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Spread over the window."""
    back = tf.raw_ops.AvgPoolGrad if op.type == "AvgPool" else tf.raw_ops.AvgPool3DGrad
    options = {name: op.get_attr(name) for name in ("ksize", "strides", "padding", "data_format")}
    return [back(orig_input_shape=pairs.sizes(op.inputs[0]), grad=grads[0], **options)]
