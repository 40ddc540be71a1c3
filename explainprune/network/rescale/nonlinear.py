"""Rules for element-wise functions, products, quotients and maxima of two.

Each returns multipliers m with Σ m · Δinput = Δoutput, so that the walk's result adds up.
"""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf
from explainprune.network.rescale.pairs import Pairs

SMALL = 1e-6
"""Where inputs differ by less, the slope is the derivative: their quotient would be noise."""
LEAST = 1e-30

Grads = list[Any]


def slope_between(source: Any, out: Any, pairs: Pairs) -> Any:
    """Return Δout / Δsource of each pair: the slope between sample and reference."""
    difference = pairs.combine(tf.subtract, source)
    change = pairs.combine(tf.subtract, out)
    derivative = tf.gradients(out, source)[0]  # element-wise: a derivative for each number
    at_sample = tf.zeros_like(change) if derivative is None else pairs.at_sample(derivative)
    return tf.where(tf.abs(difference) < SMALL, at_sample, change / difference)


def rescale(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Multiply by Δout / Δin of the one input that depends (Shrikumar et al. 2017)."""
    found: Grads = [None] * len(op.inputs)
    mine = depends.index(True)
    slope = slope_between(op.inputs[mine], op.outputs[0], pairs)
    found[mine] = pairs.scaled(grads[0], slope, op.outputs[0])
    return found


def rescale_whole(
    op: Any, grads: Grads, depends: list[bool], pairs: Pairs, *, source: Any
) -> Grads:
    """Rescale the element-wise function of `source` that ends in this operation."""
    return [pairs.scaled(grads[0], slope_between(source, op.outputs[0], pairs), op.outputs[0])]


def relu(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Multiply by relu's slope in half the work: the larger input over the distance, in [0, 1]."""

    def slope(x: Any, b: Any) -> Any:
        return tf.maximum(x, b) / (tf.abs(x - b) + tf.constant(LEAST, x.dtype))

    clipped = tf.clip_by_value(pairs.combine(slope, op.inputs[0]), 0.0, 1.0)
    return [pairs.scaled(grads[0], clipped, op.outputs[0])]


def multiply(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share Δ(ab) as Δa · mean(b) + Δb · mean(a): the Shapley values of a product of two."""
    a, b = op.inputs
    return [
        _times_middle(grads[0], b, depends[1], a, pairs) if depends[0] else None,
        _times_middle(grads[0], a, depends[0], b, pairs) if depends[1] else None,
    ]


def _times_middle(grad: Any, factor: Any, depends: bool, into: Any, pairs: Pairs) -> Any:
    return pairs.fit(pairs.scaled(grad, pairs.middle(factor, depends), factor), into)


def divide(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share a quotient as the product of a and 1/b, the latter rescaled: −1 / (b_x b_b)."""
    a, b = op.inputs
    if not depends[1]:
        return [pairs.fit(pairs.scaled(grads[0], 1 / pairs.constant(b), b), a), None]
    numerator = None
    if depends[0]:
        inverse = pairs.combine(lambda b_x, b_b: (1 / b_x + 1 / b_b) / 2, b)
        numerator = pairs.fit(pairs.scaled(grads[0], inverse, b), a)
    curve = pairs.combine(lambda b_x, b_b: -1 / (b_x * b_b), b)
    by_a = pairs.scaled(grads[0], pairs.middle(a, depends[0]), a)
    return [numerator, pairs.fit(pairs.scaled(by_a, curve, b), b)]


def squared_difference(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Rescale the square of a − b, whose slope is the sum of both ends."""
    a, b = op.inputs
    slope = 2 * (
        pairs.scaled(grads[0], pairs.middle(a, depends[0]), a)
        - pairs.scaled(grads[0], pairs.middle(b, depends[1]), b)
    )
    return [
        pairs.fit(slope, a) if depends[0] else None,
        pairs.fit(-slope, b) if depends[1] else None,
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
        other = pairs.for_targets(pairs.middle(b, depends[1]), b)
        grad_a = (
            tf.matmul(other, grads[0], transpose_a=flip_b, transpose_b=True)
            if flip_a
            else tf.matmul(grads[0], other, transpose_b=not flip_b)
        )
        grad_a = pairs.fit(grad_a, a)
    if depends[1]:
        other = pairs.for_targets(pairs.middle(a, depends[0]), a)
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
        found[mine] = _against_constant(op, grads[0], mine, pairs)
        return found
    # max(a, b) = (a + b + |a − b|) / 2; min has the other sign. |·| is rescaled.
    (a_x, a_b), (b_x, b_b) = pairs.of(a), pairs.of(b)
    at_x, at_b = a_x - b_x, a_b - b_b
    bend = tf.where(
        tf.abs(at_x - at_b) < SMALL, tf.sign(at_x), (tf.abs(at_x) - tf.abs(at_b)) / (at_x - at_b)
    )
    if op.type == "Minimum":
        bend = -bend
    like = op.outputs[0]
    return [
        pairs.fit(pairs.scaled(grads[0], (1 + bend) / 2, like), a),
        pairs.fit(pairs.scaled(grads[0], (1 - bend) / 2, like), b),
    ]


def _against_constant(op: Any, grad: Any, mine: int, pairs: Pairs) -> Any:
    """Rescale the maximum or minimum of a dependent tensor and a constant one."""
    source, out = op.inputs[mine], op.outputs[0]
    (x_in, b_in), (x_out, b_out) = pairs.of(source), pairs.of(out)
    difference = x_in - b_in
    on = tf.cast(tf.equal(x_out, x_in), grad.dtype)
    slope = tf.where(tf.abs(difference) < SMALL, on, (x_out - b_out) / difference)
    return pairs.fit(pairs.scaled(grad, slope, out), source)


def softmax(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Rescale exp, then share the quotient by its sum; exact shifts keep exp in range."""
    source = op.inputs[0]
    z_x, z_b = pairs.of(source)
    top = tf.reduce_max(tf.maximum(z_x, z_b), axis=-1, keepdims=True)
    e_x, e_b = tf.exp(z_x - top), tf.exp(z_b - top)
    s_x, s_b = (tf.reduce_sum(e, axis=-1, keepdims=True) for e in (e_x, e_b))
    difference = z_x - z_b
    slope = tf.where(tf.abs(difference) < SMALL, e_x, (e_x - e_b) / difference)
    share = (e_x + e_b) / 2 / (s_x * s_b)
    shared = tf.reduce_sum(pairs.scaled(grads[0], share, source), axis=-1, keepdims=True)
    direct = pairs.scaled(grads[0], (1 / s_x + 1 / s_b) / 2, source)
    return [pairs.scaled(direct - shared, slope, source)]


def log_softmax(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Rescale exp and the logarithm of its sum, which is subtracted from each input."""
    source = op.inputs[0]
    z_x, z_b = pairs.of(source)
    top = tf.reduce_max(tf.maximum(z_x, z_b), axis=-1, keepdims=True)
    e_x, e_b = tf.exp(z_x - top), tf.exp(z_b - top)
    s_x, s_b = (tf.reduce_sum(e, axis=-1, keepdims=True) for e in (e_x, e_b))
    difference, apart = z_x - z_b, s_x - s_b
    slope = tf.where(tf.abs(difference) < SMALL, e_x, (e_x - e_b) / difference)
    near = tf.abs(apart) < SMALL * s_x
    slope *= tf.where(near, 1 / s_x, (tf.math.log(s_x) - tf.math.log(s_b)) / apart)
    taken = tf.reduce_sum(grads[0], axis=-1, keepdims=True) * tf.ones_like(grads[0])
    return [grads[0] - pairs.scaled(taken, slope, source)]
