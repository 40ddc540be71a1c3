r"""Rules for quotients, where many inputs stand behind both factors.

What is normalised by a root or a sum is a product of two quantities, A and h(Q), to each of which
many inputs contribute. The Shapley values of a product of *two* players (half of each end) pay
too much where h is steep. Here both move along a straight line from reference to sample, A by its
change and Q by its own, and each is paid for its part of the way (Aumann and Shapley 1974): what
Shapley values tend to with many players. It adds up exactly, in closed form.
"""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.pairs import Pairs, has_rows

Grads = list[Any]

_BETWEEN = ("Cast", "ExpandDims", "Identity", "Maximum", "Minimum", "Mul", "Reshape", "Squeeze")
NEAR = 1e-3
"""Ends this close, relative to each other, have the mean of both for the mean between them."""


def is_inverse_root(tensor: Any) -> bool:
    """Tell whether a tensor is 1 / sqrt of something, times constants: that of a normalisation."""
    while tensor.op.type in _BETWEEN:
        moving = [each for each in tensor.op.inputs if has_rows(each)]
        if len(moving) != 1:
            return False
        tensor = moving[0]
    return bool(tensor.op.type == "Rsqrt")


def by_inverse_root(a: Any, root: Any, grad: Any, pairs: Pairs) -> tuple[Any, Any]:
    r"""Return multipliers of A and h in A·h, where h is 1 / sqrt(Q) times a constant.

    .. math:: \frac{2 h_x h_b}{h_x + h_b} \quad\text{and}\quad
              \bar A + \frac{\Delta A}{2} \cdot \frac{h_x - h_b}{h_x + h_b}
    """

    def between(x: Any, b: Any) -> Any:
        return tf.math.divide_no_nan(2 * x * b, x + b)

    def leaning(x: Any, b: Any) -> Any:
        return tf.math.divide_no_nan((x - b) / 2, x + b)

    of_a = pairs.scaled(grad, pairs.combine(between, root), root)
    moved = pairs.scaled(grad, pairs.combine(tf.subtract, a), a)
    of_root = pairs.scaled(grad, pairs.middle(a, True), a)
    of_root += pairs.scaled(moved, pairs.combine(leaning, root), root)
    return pairs.fit(of_a, a), pairs.fit(of_root, root)


def divide(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    r"""Share a quotient A / Q: along the way the mean of 1/Q is (log Q_x − log Q_b) / (Q_x − Q_b).

    Where Q changes its sign there is no such way: A and 1/Q are paid as two players are.
    """
    a, q = op.inputs
    if not depends[1]:
        return [pairs.fit(pairs.scaled(grads[0], 1 / pairs.constant(q), q), a), None]
    by_a = pairs.scaled(grads[0], pairs.middle(a, depends[0]), a)
    of_q = pairs.scaled(by_a, pairs.combine(lambda x, b: -1 / (x * b), q), q)
    if not depends[0]:
        return [None, pairs.fit(of_q, q)]
    of_a = pairs.scaled(grads[0], pairs.combine(_mean_inverse, q), q)
    moved = pairs.scaled(grads[0], pairs.combine(tf.subtract, a), a)
    of_q += pairs.scaled(moved, pairs.combine(_beyond, q), q)
    return [pairs.fit(of_a, a), pairs.fit(of_q, q)]


def _mean_inverse(x: Any, b: Any) -> Any:
    """Return the mean of 1/Q between two ends."""
    middle = (1 / x + 1 / b) / 2
    return middle - _beyond(x, b) * (x - b)


def _beyond(x: Any, b: Any) -> Any:
    """Return by how much the mean of both ends' 1/Q exceeds that along the way, over x − b.

    0 where the ends are as good as equal, or have other signs.
    """
    apart = x - b
    usable = (x * b > 0) & (tf.abs(apart) > NEAR * tf.abs(b))
    ratio = tf.where(usable, x / b, tf.ones_like(apart))
    apart = tf.where(usable, apart, tf.ones_like(apart))
    found = ((1 / x + 1 / b) / 2 - tf.math.log(ratio) / apart) / apart
    return tf.where(usable, found, tf.zeros_like(found))
