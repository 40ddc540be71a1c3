"""Rules for pooling and reductions."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf
from explainprune.network.rescale.pairs import Pairs

Grads = list[Any]
TINY = 1e-7


def _shared_maximum(route: Any, op: Any, grad: Any, pairs: Pairs) -> Any:
    """Pay the sample's winners for what they gain and the reference's for what they lose.

    `route` sends one number for each output to the input that is the maximum there. With the
    maximum of both outputs between them, each part's own input is the one that moved.
    """
    (x_in, b_in), (x_out, b_out) = pairs.of(op.inputs[0]), pairs.of(op.outputs[0])
    top = tf.maximum(x_out, b_out)
    gained = route(x_in, x_out, grad * (top - b_out))
    lost = route(b_in, b_out, grad * (x_out - top))
    difference = x_in - b_in
    small = tf.abs(difference) < TINY
    paid = (gained + lost) / tf.where(small, tf.ones_like(difference), difference)
    return tf.where(small, tf.zeros_like(paid), paid)


def max_pool(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share a window's maximum as the shap package does."""
    options = {
        "ksize": op.get_attr("ksize"),
        "strides": op.get_attr("strides"),
        "padding": op.get_attr("padding"),
        "data_format": op.get_attr("data_format"),
    }

    def route(values: Any, best: Any, amounts: Any) -> Any:
        return tf.raw_ops.MaxPoolGrad(
            orig_input=values, orig_output=best, grad=amounts, explicit_paddings=[], **options
        )

    return [_shared_maximum(route, op, grads[0], pairs)]


def max_pool_3d(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share a window's maximum in three dimensions."""
    options = {name: op.get_attr(name) for name in ("ksize", "strides", "padding", "data_format")}

    def route(values: Any, best: Any, amounts: Any) -> Any:
        return tf.raw_ops.MaxPool3DGrad(
            orig_input=values, orig_output=best, grad=amounts, **options
        )

    return [_shared_maximum(route, op, grads[0], pairs)]


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
    """Share a maximum over axes; ties share equally."""
    axes = _axes(op)
    (x_in, b_in), (x_out, b_out) = pairs.of(op.inputs[0]), pairs.of(op.outputs[0])
    x_out, b_out, grad = (_kept(op, part) for part in (x_out, b_out, grads[0]))
    top = tf.maximum(x_out, b_out)

    def route(values: Any, best: Any, amounts: Any) -> Any:
        winners = tf.cast(tf.equal(values, best), amounts.dtype)
        return winners / tf.reduce_sum(winners, axis=axes, keepdims=True) * amounts

    paid = route(x_in, x_out, grad * (top - b_out)) + route(b_in, b_out, grad * (x_out - top))
    difference = x_in - b_in
    small = tf.abs(difference) < TINY
    slope = paid / tf.where(small, tf.ones_like(difference), difference)
    return [tf.where(small, tf.zeros_like(slope), slope), None]


def average_pool(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Spread over the window."""
    grad = tf.raw_ops.AvgPoolGrad(
        orig_input_shape=pairs.sizes(op.inputs[0]),
        grad=grads[0],
        **{name: op.get_attr(name) for name in ("ksize", "strides", "padding", "data_format")},
    )
    return [grad]


def average_pool_3d(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Spread over the window, in three dimensions."""
    grad = tf.raw_ops.AvgPool3DGrad(
        orig_input_shape=pairs.sizes(op.inputs[0]),
        grad=grads[0],
        **{name: op.get_attr(name) for name in ("ksize", "strides", "padding", "data_format")},
    )
    return [grad]
