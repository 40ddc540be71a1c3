"""The Hessian of a loss times its gradient: what a removal does to the gradient's flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.statistics.answers import Answers
from explainprune.network.statistics.data_loss import DataLoss
from explainprune.network.statistics.row_means import RowMeans
from explainprune.network.statistics.taps import Tapped, Untapped
from explainprune.types import Array


class HessianGradient:
    """``H g`` by kernel, where ``g = E ∂L/∂w`` over all kernels and ``H = E ∂²L/∂w²``.

    H g is linear in H, so that rows add up once g is known: a second pass, in which the gradient
    of ``∂L/∂w · g`` is taken.
    """

    def __init__(
        self, model: Tapped | Untapped, kernels: Mapping[str, Any], loss: DataLoss
    ) -> None:
        self._model, self._loss = model, loss
        self._kernels = dict(kernels)
        self._means = RowMeans(self._sums)
        self._answers = Answers()

    def __call__(
        self,
        gradients: Mapping[str, Array],
        inputs: list[Array],
        answers: Answers,
        rows_per_call: int,
    ) -> dict[str, Array]:
        """Return it by kernel, over rows."""
        self._answers = answers
        held = [tf.constant(gradients[p], k.value.dtype) for p, k in self._kernels.items()]
        found = self._means([*inputs, *answers.arrays()], rows_per_call, held)
        return {path: values[""] for path, values in found.items()}

    def _sums(self, *tensors: Any) -> dict[str, dict[str, Any]]:
        *rows, held = tensors
        inputs, y, weight = self._answers.split(rows)
        variables = [kernel.value for kernel in self._kernels.values()]
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                total = self._loss(y, self._model.run(inputs)[0], weight, inputs)
            slopes = inner.gradient(total, variables, unconnected_gradients="zero")
            product = tf.add_n(
                [tf.reduce_sum(slope * g) for slope, g in zip(slopes, held, strict=True)]
            )
        curved = outer.gradient(product, variables, unconnected_gradients="zero")
        found = zip(self._kernels, curved, strict=True)
        shapes = {path: kernel.shape for path, kernel in self._kernels.items()}
        return {path: {"": tf.ensure_shape(value, shapes[path])} for path, value in found}
