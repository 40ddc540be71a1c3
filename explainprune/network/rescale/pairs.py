"""Pairs of a sample and a background row, and the tensors seen from both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from explainprune.network.backend import tf


def rows_axis(tensor: Any) -> int:
    """Return the axis that counts rows: the only one whose size the traced graph leaves open."""
    if tensor.shape.rank is None:
        raise ValueError(f"operation {tensor.op.name!r} has an output of unknown rank")
    open_axes = [axis for axis, size in enumerate(tensor.shape) if size is None]
    if len(open_axes) != 1:
        raise ValueError(f"operation {tensor.op.name!r} mixes rows: its output is {tensor.shape}")
    return open_axes[0]


@dataclass(frozen=True)
class Pairs:
    """Which rows of the forward pass each pair reads.

    The forward pass runs once over samples and background rows together; what goes backward has
    one row for each pair.

    Attributes
    ----------
    sample, reference : tensor of int (pairs,)
        Rows of the forward pass.
    """

    sample: Any
    reference: Any

    def of(self, tensor: Any) -> tuple[Any, Any]:
        """Return a forward tensor as each pair's sample and reference see it."""
        axis = rows_axis(tensor)
        return tf.gather(tensor, self.sample, axis=axis), tf.gather(
            tensor, self.reference, axis=axis
        )

    def constant(self, tensor: Any) -> Any:
        """Return a tensor that doesn't depend on the inputs, for pairs if it has rows at all."""
        if tensor.shape.rank is None or None not in tuple(tensor.shape):
            return tensor
        return tf.gather(tensor, self.sample, axis=rows_axis(tensor))

    def middle(self, tensor: Any, depends: bool) -> Any:
        """Return a factor's mean over sample and reference; itself where it is constant."""
        if not depends:
            return self.constant(tensor)
        at_sample, at_reference = self.of(tensor)
        return (at_sample + at_reference) / 2

    def sizes(self, tensor: Any) -> Any:
        """Return the sizes of a forward tensor with one row for each pair."""
        axis = rows_axis(tensor)
        sizes: list[Any] = [int(size) if size is not None else 0 for size in tensor.shape]
        sizes[axis] = tf.size(self.sample)
        return tf.stack(sizes)

    def fit(self, grad: Any, tensor: Any) -> Any:
        """Sum a gradient over the axes along which `tensor` was broadcast."""
        extra = grad.shape.rank - tensor.shape.rank
        if extra:
            grad = tf.reduce_sum(grad, axis=list(range(extra)))
        axes = [
            axis
            for axis, size in enumerate(tensor.shape)
            if size == 1 and grad.shape[axis] not in (1, None)
        ]
        return tf.reduce_sum(grad, axis=axes, keepdims=True) if axes else grad
