r"""Shapley values of a maximum, each place a player, in closed form.

Where a coalition S takes the sample's values and the others keep the reference's, the maximum
stays at or below τ unless some place is above it. Players between their two values at τ are those
who can lift it (`up`, of which there are l) or lower it (`down`, m of them); summed over
coalitions each counts with the weight of a game in which one must be absent and another present,

.. math:: \phi_i = \pm \int_{b_i \ldots x_i} 1[\tau \ge \max_k \min(x_k, b_k)]
          \frac{m'!\, l'!}{(m' + l' + 1)!} \, d\tau

with i itself left out of m′ and l′. The integrand is constant between the 2n values.
"""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf


def shares_of_maximum(x: Any, b: Any) -> Any:
    """Return Shapley values of the maximum over the last axis: (…, n) → (…, n).

    Their sum is ``max x − max b``. Sorting makes it O(n log n).
    """
    n = x.shape[-1]
    values = tf.concat([x, b], axis=-1)
    order = tf.argsort(values, axis=-1, stable=True)
    ordered = tf.gather(values, order, batch_dims=values.shape.rank - 1)
    at = tf.argsort(order, axis=-1)  # where each value stands in the order
    place_x, place_b = at[..., :n], at[..., n:]
    lifts = place_x > place_b
    up, down, neither = _counts(order, lifts, x.dtype)
    width = ordered[..., 1:] - ordered[..., :-1]
    width = tf.where(neither[..., :-1] < 0.5, width, tf.zeros_like(width))
    paid_up = _summed(width * _weight(down[..., :-1], up[..., :-1] - 1))
    paid_down = _summed(width * _weight(down[..., :-1] - 1, up[..., :-1]))

    def between(paid: Any) -> Any:
        many = paid.shape.rank - 1
        return tf.gather(paid, place_x, batch_dims=many) - tf.gather(paid, place_b, batch_dims=many)

    return tf.where(lifts, between(paid_up), between(paid_down))


def _counts(order: Any, lifts: Any, dtype: Any) -> tuple[Any, Any, Any]:
    """Count, after each value in order, players that can lift, that can lower, and above both."""
    of_b_first = tf.cast(lifts, dtype)

    def running(at_x: Any, at_b: Any) -> Any:
        steps = tf.concat([at_x, at_b], axis=-1)
        return tf.cumsum(tf.gather(steps, order, batch_dims=order.shape.rank - 1), axis=-1)

    up = running(-of_b_first, of_b_first)
    down = running(1 - of_b_first, of_b_first - 1)
    passed = running(1 - of_b_first, of_b_first)
    return up, down, lifts.shape[-1] - passed


def _weight(m: Any, l: Any) -> Any:  # noqa: E741
    """Return m! l! / (m + l + 1)!, 0 where a count is negative."""
    whole = tf.minimum(m, l) > -0.5
    m, l = tf.maximum(m, 0.0), tf.maximum(l, 0.0)  # noqa: E741
    found = tf.exp(tf.math.lgamma(m + 1) + tf.math.lgamma(l + 1) - tf.math.lgamma(m + l + 2))
    return tf.where(whole, found, tf.zeros_like(found))


def _summed(parts: Any) -> Any:
    """Sum what lies before each value in the order."""
    zero = tf.zeros_like(parts[..., :1])
    return tf.concat([zero, tf.cumsum(parts, axis=-1)], axis=-1)
