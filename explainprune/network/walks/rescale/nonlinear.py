"""Rules for element-wise functions, products and maxima of two, softmax.

Each returns multipliers m with Σ m · Δinput = Δoutput, so that the walk's result adds up.
"""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.pairs import Pairs
from explainprune.network.walks.rescale.quotients import by_inverse_root, is_inverse_root

SMALL = 1e-6
"""Where inputs differ by less than this share of their size, the slope is the derivative: their
quotient would be noise."""
LEAST = 1e-30
FAR = 1e6
"""Attention scores this large come of masks."""

Grads = list[Any]


def slope_between(source: Any, out: Any, pairs: Pairs) -> Any:
    """Return Δout / Δsource of each pair: the slope between sample and reference."""
    difference, near = (pairs.combine(each, source) for each in (tf.subtract, _near))
    change = pairs.combine(tf.subtract, out)
    derivative = tf.gradients(out, source)[0]  # element-wise: a derivative for each number
    at_sample = tf.zeros_like(change) if derivative is None else pairs.at_sample(derivative)
    return tf.where(near, at_sample, change / difference)


def _near(x: Any, b: Any) -> Any:
    return tf.abs(x - b) <= SMALL * tf.maximum(tf.abs(x), tf.abs(b))


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
    """Share Δ(ab) as Δa · mean(b) + Δb · mean(a): the Shapley values of a product of two.

    A factor that normalises the other one is a quotient instead.
    """
    a, b = op.inputs
    if all(depends) and is_inverse_root(a) != is_inverse_root(b):
        if is_inverse_root(b):
            return list(by_inverse_root(a, b, grads[0], pairs))
        return list(by_inverse_root(b, a, grads[0], pairs))[::-1]
    return [
        _times_middle(grads[0], b, depends[1], a, pairs) if depends[0] else None,
        _times_middle(grads[0], a, depends[0], b, pairs) if depends[1] else None,
    ]


def _times_middle(grad: Any, factor: Any, depends: bool, into: Any, pairs: Pairs) -> Any:
    return pairs.fit(pairs.scaled(grad, pairs.middle(factor, depends), factor), into)


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
    """Share an element-wise maximum or minimum as Shapley values of two players.

    Where one of them is constant, it is a rescaled function of the other one.
    """
    a, b = op.inputs
    if sum(depends) == 1:
        mine = 0 if depends[0] else 1
        found: Grads = [None, None]
        found[mine] = _against_constant(op, grads[0], mine, pairs)
        return found
    best = tf.maximum if op.type == "Maximum" else tf.minimum
    (a_x, a_b), (b_x, b_b) = pairs.of(a), pairs.of(b)
    both, none, only_a, only_b = best(a_x, b_x), best(a_b, b_b), best(a_x, b_b), best(a_b, b_x)
    like = op.outputs[0]
    shares = (
        (both - only_b + only_a - none, a_x - a_b),
        (both - only_a + only_b - none, b_x - b_b),
    )
    slopes = [
        tf.clip_by_value(tf.math.divide_no_nan(share / 2, moved), 0.0, 1.0)
        for share, moved in shares
    ]
    return [
        pairs.fit(pairs.scaled(grads[0], slope, like), tensor)
        for slope, tensor in zip(slopes, (a, b), strict=True)
    ]


def _against_constant(op: Any, grad: Any, mine: int, pairs: Pairs) -> Any:
    """Rescale the maximum or minimum of a dependent tensor and a constant one."""
    source, out = op.inputs[mine], op.outputs[0]
    (x_in, b_in), (x_out, b_out) = pairs.of(source), pairs.of(out)
    difference = x_in - b_in
    on = tf.cast(tf.equal(x_out, x_in), grad.dtype)
    slope = tf.where(_near(x_in, b_in), on, (x_out - b_out) / difference)
    return pairs.fit(pairs.scaled(grad, slope, out), source)


def softmax(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    r"""Rescale exp around log-probabilities, so that no shift of the inputs matters.

    With :math:`L_i = \Delta p_i / \Delta \log p_i`, the logarithmic mean of sample and reference,
    :math:`\Delta p_i = L_i (\Delta z_i - \sum_j L_j \Delta z_j / \sum_j L_j)`: since the changes of
    all p cancel, the quotient is the change of log sum exp. Taken twice, by way of the middle
    between the inputs, and averaged: that is nearer to the Shapley values, and adds up as well.
    """
    source, parts = op.inputs[0], []
    means, held = _logarithmic_means(source, pairs)
    for mean in means:
        direct = pairs.scaled(grads[0], mean, source)
        taken = tf.reduce_sum(direct, axis=-1, keepdims=True)
        parts.append(direct - pairs.scaled(taken, _shares(mean), source))
    return [pairs.scaled((parts[0] + parts[1]) / 2, held, source)]


def log_softmax(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Subtract the change of log sum exp, shared by logarithmic means as in softmax."""
    source = op.inputs[0]
    taken = tf.reduce_sum(grads[0], axis=-1, keepdims=True)
    means, _ = _logarithmic_means(source, pairs, near=False)
    first, second = (_shares(mean) for mean in means)
    return [grads[0] - pairs.scaled(taken, (first + second) / 2, source)]


def _logarithmic_means(
    source: Any, pairs: Pairs, *, near: bool = True
) -> tuple[tuple[Any, Any], Any]:
    """Return (p − q) / (log p − log q) of a softmax on both halves of the way, and a factor.

    With `near`, scores that a mask pushes far below all others count as a little below them, which
    changes no share: where a mask hides all, digits of the others would be lost. The factor is what
    of the way is left.
    """
    x, b = pairs.of(source)
    held = tf.ones_like(x - b)
    if near:
        way = x - b
        x, b = (_held(each, x, b) for each in (x, b))
        known = tf.math.is_finite(way) & (tf.abs(way) > FAR)
        held = tf.where(known, (x - b) / tf.where(known, way, tf.ones_like(way)), held)
    ends = [tf.nn.log_softmax(each) for each in (x, (x + b) / 2, b)]
    return (_logarithmic_mean(ends[0], ends[1]), _logarithmic_mean(ends[1], ends[2])), held


def _held(scores: Any, *both: Any) -> Any:
    """Hold scores that are pushed away at 100 below twice the others' size."""
    sizes = [tf.reduce_max(tf.where(tf.abs(z) < FAR, tf.abs(z), tf.zeros_like(z))) for z in both]
    floor = -(20.0 + 2 * tf.maximum(*sizes))
    return tf.where(tf.math.is_finite(scores), tf.maximum(scores, floor), scores)


def _logarithmic_mean(p: Any, q: Any) -> Any:
    apart = tf.where(tf.equal(p, q), tf.zeros_like(p), tf.abs(p - q))
    shrinking = tf.where(apart < SMALL, tf.ones_like(p), -tf.math.expm1(-apart) / apart)
    return tf.exp(tf.maximum(p, q)) * shrinking


def _shares(mean: Any) -> Any:
    return mean / tf.reduce_sum(mean, axis=-1, keepdims=True)
