"""Rules for element-wise functions, products, quotients and maxima.

Each returns multipliers m with Σ m · Δinput = Δoutput, so that the walk's result adds up.
"""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf
from explainprune.network.rescale.pairs import Pairs, rows_axis

SMALL = 1e-6
"""Where inputs differ by less, the slope is the derivative: their quotient would be noise."""

Grads = list[Any]


def rescale(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Multiply by Δout / Δin: the slope between sample and reference (Shrikumar et al. 2017)."""
    out = op.outputs[0]
    (x_in, b_in), (x_out, b_out) = pairs.of(op.inputs[0]), pairs.of(out)
    difference = x_in - b_in
    small = tf.abs(difference) < SMALL
    derivative = tf.gradients(out, op.inputs[0])[0]
    at_sample = tf.gather(derivative, pairs.sample, axis=rows_axis(out))
    slope = (x_out - b_out) / tf.where(small, tf.ones_like(difference), difference)
    return [grads[0] * tf.where(small, at_sample, slope), *[None] * (len(op.inputs) - 1)]


def multiply(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share Δ(ab) as Δa · mean(b) + Δb · mean(a): the Shapley values of a product of two."""
    a, b = op.inputs
    return [
        pairs.fit(grads[0] * pairs.middle(b, depends[1]), a) if depends[0] else None,
        pairs.fit(grads[0] * pairs.middle(a, depends[0]), b) if depends[1] else None,
    ]


def divide(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share a quotient as the product of a and 1/b, the latter rescaled: −1 / (b_x b_b)."""
    a, b = op.inputs
    if not depends[1]:
        return [pairs.fit(grads[0] / pairs.constant(b), a), None]
    b_x, b_b = pairs.of(b)
    numerator = pairs.fit(grads[0] * (1 / b_x + 1 / b_b) / 2, a) if depends[0] else None
    return [numerator, pairs.fit(-grads[0] * pairs.middle(a, depends[0]) / (b_x * b_b), b)]


def squared_difference(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Rescale the square of a − b, whose slope is the sum of both ends."""
    a, b = op.inputs
    (a_x, a_b), (b_x, b_b) = (
        pairs.of(tensor) if depend else (pairs.constant(tensor),) * 2
        for tensor, depend in zip(op.inputs, depends, strict=True)
    )
    slope = (a_x - b_x) + (a_b - b_b)
    return [
        pairs.fit(grads[0] * slope, a) if depends[0] else None,
        pairs.fit(-grads[0] * slope, b) if depends[1] else None,
    ]


def matrix_multiply(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Carry back through a product of matrices, batched or not, either factor constant or not."""
    a, b = op.inputs
    flip_a, flip_b = (
        op.get_attr(name)
        for name in (("transpose_a", "transpose_b") if op.type == "MatMul" else ("adj_x", "adj_y"))
    )
    grad_a = grad_b = None
    if depends[0]:
        other = pairs.middle(b, depends[1])
        grad_a = (
            tf.matmul(other, grads[0], transpose_a=flip_b, transpose_b=True)
            if flip_a
            else tf.matmul(grads[0], other, transpose_b=not flip_b)
        )
        grad_a = pairs.fit(grad_a, a)
    if depends[1]:
        other = pairs.middle(a, depends[0])
        grad_b = (
            tf.matmul(grads[0], other, transpose_a=True, transpose_b=flip_a)
            if flip_b
            else tf.matmul(other, grads[0], transpose_a=not flip_a)
        )
        grad_b = pairs.fit(grad_b, b)
    return [grad_a, grad_b]


def extremum(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share an element-wise maximum or minimum of two; a constant one is a rescaled function."""
    a, b = op.inputs
    if sum(depends) == 1:
        mine = 0 if depends[0] else 1
        found: Grads = [None, None]
        (x_in, b_in), (x_out, b_out) = pairs.of(op.inputs[mine]), pairs.of(op.outputs[0])
        difference = x_in - b_in
        small = tf.abs(difference) < SMALL
        on = tf.cast(tf.equal(x_out, x_in), grads[0].dtype)
        slope = (x_out - b_out) / tf.where(small, tf.ones_like(difference), difference)
        found[mine] = pairs.fit(grads[0] * tf.where(small, on, slope), op.inputs[mine])
        return found
    # max(a, b) = (a + b + |a − b|) / 2; min has the other sign. |·| is rescaled.
    (a_x, a_b), (b_x, b_b) = pairs.of(a), pairs.of(b)
    at_x, at_b = a_x - b_x, a_b - b_b
    small = tf.abs(at_x - at_b) < SMALL
    bend = tf.where(
        small, tf.sign(at_x), (tf.abs(at_x) - tf.abs(at_b)) / tf.where(small, 1.0, at_x - at_b)
    )
    bend = bend if op.type == "Maximum" else -bend
    return [pairs.fit(grads[0] * (1 + bend) / 2, a), pairs.fit(grads[0] * (1 - bend) / 2, b)]


def softmax(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Rescale exp, then share the quotient by its sum; exact shifts keep exp in range."""
    z_x, z_b = pairs.of(op.inputs[0])
    top = tf.reduce_max(tf.maximum(z_x, z_b), axis=-1, keepdims=True)
    e_x, e_b = tf.exp(z_x - top), tf.exp(z_b - top)
    s_x, s_b = (tf.reduce_sum(e, axis=-1, keepdims=True) for e in (e_x, e_b))
    direct = grads[0] * (1 / s_x + 1 / s_b) / 2
    shared = tf.reduce_sum(grads[0] * (e_x + e_b) / 2, axis=-1, keepdims=True) / (s_x * s_b)
    difference = z_x - z_b
    small = tf.abs(difference) < SMALL
    slope = tf.where(
        small, e_x, (e_x - e_b) / tf.where(small, tf.ones_like(difference), difference)
    )
    return [(direct - shared) * slope]
