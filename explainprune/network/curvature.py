"""The Hessian of a loss times its gradient: what a removal does to the gradient's flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.data_loss import DataLoss
from explainprune.network.row_means import row_means
from explainprune.network.taps import Tapped, Untapped
from explainprune.types import Array


def hessian_times_gradient(
    model: Tapped | Untapped,
    kernels: Mapping[str, Any],
    gradients: Mapping[str, Array],
    loss: DataLoss,
    arrays: list[Array],
    rows_per_call: int,
) -> dict[str, Array]:
    """Return ``H g`` by kernel, where ``g = E ∂L/∂w`` over all kernels and ``H = E ∂²L/∂w²``.

    H g is linear in H, so that rows add up once g is known: a second pass, in which the gradient
    of ``∂L/∂w · g`` is taken.
    """
    variables = [kernel.value for kernel in kernels.values()]
    held = [tf.constant(gradients[path], variables[0].dtype) for path in kernels]

    def sums(*tensors: Any) -> dict[str, dict[str, Any]]:
        inputs, y = loss.split(tensors)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                total = loss(y, model.run(inputs)[0])
            slopes = inner.gradient(total, variables, unconnected_gradients="zero")
            product = tf.add_n(
                [tf.reduce_sum(slope * g) for slope, g in zip(slopes, held, strict=True)]
            )
        curved = outer.gradient(product, variables, unconnected_gradients="zero")
        found = zip(kernels, curved, strict=True)
        return {path: {"": tf.convert_to_tensor(value)} for path, value in found}

    means = row_means(sums, arrays, rows_per_call)
    return {path: values[""] for path, values in means.items()}
