r"""Shapley values of a maximum, each place a player, in closed form.

Where a coalition S takes the sample's values and the others keep the reference's, the maximum is
never below :math:`\tau_0 = \max_k \min(x_k, b_k)`, and stays at or below τ ≥ τ₀ unless one of the
places with :math:`\max(x_k, b_k) > \tau` is in its higher state. Of these some rise (x > b, l of
them) and some fall (m of them): summed over coalitions,

.. math:: \phi_i = \pm \int_{\tau_0}^{\max(x_i, b_i)} \frac{m'!\, l'!}{(m' + l' + 1)!} \, d\tau

with i itself left out of m′ and l′, and the sign of :math:`x_i - b_i`. The integrand is constant
between values that are next to each other.
"""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf


def shares_of_maximum(x: Any, b: Any) -> Any:
    """Return Shapley values of the maximum over the last axis: (…, n) → (…, n).

    Their sum is ``max x − max b``. Only places that can be above all others are sorted.
    """
    floor = tf.reduce_max(tf.minimum(x, b), axis=-1, keepdims=True)
    high = tf.maximum(tf.maximum(x, b), floor)
    contenders = tf.reduce_sum(tf.cast(high > floor, tf.int32), axis=-1)
    top, place = tf.math.top_k(high, tf.maximum(1, tf.reduce_max(contenders)))
    rises = tf.gather(tf.cast(x > b, x.dtype), place, batch_dims=x.shape.rank - 1)

    up, down = tf.cumsum(rises, axis=-1), tf.cumsum(1 - rises, axis=-1)
    width = top - tf.concat([top[..., 1:], floor], axis=-1)

    def summed(weight: Any) -> Any:
        return tf.cumsum(width * weight, axis=-1, reverse=True)

    paid = tf.where(rises > 0, summed(_weight(down, up - 1)), -summed(_weight(down - 1, up)))
    return _put_back(paid, place, x)


def _weight(m: Any, l: Any) -> Any:  # noqa: E741
    """Return m! l! / (m + l + 1)!, 0 where a count is negative."""
    whole = tf.minimum(m, l) > -0.5
    m, l = tf.maximum(m, 0.0), tf.maximum(l, 0.0)  # noqa: E741
    found = tf.exp(tf.math.lgamma(m + 1) + tf.math.lgamma(l + 1) - tf.math.lgamma(m + l + 2))
    return tf.where(whole, found, tf.zeros_like(found))


def _put_back(values: Any, place: Any, like: Any) -> Any:
    """Put each value at its place along the last axis, among zeros."""
    shape = tf.shape(like)
    rows = tf.reshape(place, (-1, tf.shape(place)[-1]))
    starts = shape[-1] * tf.range(tf.shape(rows)[0])[:, None]
    flat = tf.math.unsorted_segment_sum(
        tf.reshape(values, (-1,)), tf.reshape(rows + starts, (-1,)), tf.reduce_prod(shape)
    )
    return tf.ensure_shape(tf.reshape(flat, shape), like.shape)
