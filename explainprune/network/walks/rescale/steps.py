"""Rules for comparisons and choices: a boolean counts as 0 or 1, and its slope is Δ / Δin."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.pairs import Pairs, has_rows
from explainprune.network.walks.rescale.nonlinear import SMALL

Grads = list[Any]


def compare(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Rescale a step: what a comparison of a and b outputs depends on a − b only."""
    a, b = op.inputs
    distance = [
        a_end - b_end
        for a_end, b_end in zip(
            _ends(a, depends[0], pairs), _ends(b, depends[1], pairs), strict=True
        )
    ]
    moved = distance[0] - distance[1]
    change = tf.cast(pairs.combine(tf.subtract, op.outputs[0]), moved.dtype)
    slope = tf.where(tf.abs(moved) < SMALL, tf.zeros_like(moved), change / moved)
    grad = pairs.scaled(grads[0], slope, op.outputs[0])
    return [pairs.fit(grad, a) if depends[0] else None, pairs.fit(-grad, b) if depends[1] else None]


def _ends(tensor: Any, depends: bool, pairs: Pairs) -> tuple[Any, Any]:
    if depends:
        return pairs.of(tensor)
    value = pairs.constant(tensor)
    value = value if value.dtype.is_floating else tf.cast(value, tf.float32)
    return value, value


def both(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share "and" as a product."""
    return _joined(op, grads, depends, pairs, lambda other: other)


def either(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share "or" as a + b − ab."""
    return _joined(op, grads, depends, pairs, lambda other: 1 - other)


def _joined(op: Any, grads: Grads, depends: list[bool], pairs: Pairs, weight: Any) -> Grads:
    found: Grads = [None, None]
    for mine, other in ((0, 1), (1, 0)):
        if depends[mine]:
            tensor = op.inputs[other]
            middle = tf.cast(pairs.middle(tensor, depends[other]), grads[0].dtype)
            scaled = pairs.scaled(grads[0], weight(middle), tensor)
            found[mine] = pairs.fit(scaled, op.inputs[mine])
    return found


def choose(op: Any, grads: Grads, depends: list[bool], pairs: Pairs) -> Grads:
    """Share a choice between a and b by c as the sum of products c · a + (1 − c) · b."""
    c, a, b = op.inputs
    grad = grads[0]
    found: Grads = [None, None, None]
    chosen = tf.cast(pairs.middle(c, depends[0]), grad.dtype)
    for place, tensor, weight in ((1, a, chosen), (2, b, 1 - chosen)):
        if depends[place]:
            found[place] = pairs.fit(pairs.scaled(grad, weight, c), tensor)
    if depends[0]:
        apart = pairs.middle(a, depends[1]) - pairs.middle(b, depends[2])
        like = b if has_rows(b) else a
        found[0] = pairs.fit(pairs.scaled(grad, apart, like), c)
    return found
