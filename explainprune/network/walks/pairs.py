"""Pairs of a sample and a background row, and the tensors seen from both."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
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


def row_size(tensor: Any) -> int:
    """Return how many numbers stand beside each place on the rows' axis."""
    return math.prod(size for size in tensor.shape if size is not None)


@dataclass(frozen=True)
class Pairs:
    """The grid of targets × samples × background rows that goes backward.

    The forward pass runs once over samples and, after them, background rows. What depends on
    sample and reference only, such as a slope, is computed once for each *pair* and used for all
    targets. Gradients have one row for each target and pair, targets outermost.

    Attributes
    ----------
    samples, references, targets : int tensors
        How many there are.
    inner : mapping of tensor reference to int
        How many places of the rows' axis belong to one row, where it isn't 1: layers on the last
        axis of sequences lay time steps beside the rows.
    boundless : bool
        Whether the graph holds numbers that stand for infinity, as masks do: slopes by them would
        be too small for a float. They count as `FAR`, which softmax and maxima can't tell apart.
    """

    samples: Any
    references: Any
    targets: Any
    inner: Mapping[Any, int]
    boundless: bool = False

    @property
    def count(self) -> Any:
        """Number of pairs."""
        return self.samples * self.references

    def apart(self, tensor: Any) -> tuple[Any, Any]:
        """Return samples (…, n, 1, …) and references (…, 1, b, …), which broadcast to pairs."""
        axis, inner = rows_axis(tensor), self.inner.get(tensor.ref(), 1)
        if inner > 1:
            tensor = tf.reshape(tensor, _sizes(tensor, axis, (-1, inner)))
        if not (tensor.dtype.is_floating or tensor.dtype.is_complex):
            tensor = tf.cast(tensor, tf.float32)
        if self.boundless:
            tensor = tamed(tensor)
        sizes = tf.stack([self.samples, self.references])
        sample, reference = tf.split(tensor, sizes, axis=axis)
        return tf.expand_dims(sample, axis + 1), tf.expand_dims(reference, axis)

    def combine(self, function: Callable[..., Any], *tensors: Any) -> Any:
        """Return ``function(x_1, b_1, x_2, b_2, …)`` of tensors of one shape, a row for each pair.

        The function is element-wise: it is given samples and references that broadcast.
        """
        views = [view for tensor in tensors for view in self.apart(tensor)]
        return self._together(function(*views), tensors[0])

    def _together(self, grid: Any, tensor: Any) -> Any:
        """Lay the axes of samples, references and inner places into one again."""
        axis, inner = rows_axis(tensor), self.inner.get(tensor.ref(), 1)
        return tf.reshape(grid, _sizes(tensor, axis, (self.count * inner,)))

    def of(self, tensor: Any) -> tuple[Any, Any]:
        """Return a forward tensor as each pair's sample and reference see it."""
        axis = rows_axis(tensor)
        sample, reference = self.apart(tensor)
        return (
            self._together(tf.repeat(sample, self.references, axis=axis + 1), tensor),
            self._together(tf.repeat(reference, self.samples, axis=axis), tensor),
        )

    def at_sample(self, tensor: Any) -> Any:
        """Return a forward tensor as each pair's sample sees it."""
        axis = rows_axis(tensor)
        sample, _ = self.apart(tensor)
        return self._together(tf.repeat(sample, self.references, axis=axis + 1), tensor)

    def constant(self, tensor: Any) -> Any:
        """Return a tensor that doesn't depend on the inputs, for pairs if it has rows at all."""
        if has_rows(tensor):
            return self.at_sample(tensor)
        return tamed(tensor) if self.boundless and tensor.dtype.is_floating else tensor

    def middle(self, tensor: Any, depends: bool) -> Any:
        """Return a factor's mean over sample and reference; itself where it is constant."""
        if not depends:
            return self.constant(tensor)
        return self.combine(lambda x, b: (x + b) / 2, tensor)

    def scaled(self, grad: Any, factor: Any, tensor: Any) -> Any:
        """Multiply a gradient by a factor of pairs that came from `tensor`, for every target."""
        factor = tf.cast(factor, grad.dtype)
        if not has_rows(tensor):
            return grad * factor
        axis = rows_axis(tensor) + grad.shape.rank - factor.shape.rank
        rows = self.count * self.inner.get(tensor.ref(), 1)
        by_target = tf.reshape(grad, _sizes(grad, axis, (self.targets, rows)))
        product = by_target * tf.expand_dims(factor, rows_axis(tensor))
        sizes = product.shape.as_list()  # a factor may be wider than the gradient
        return tf.reshape(product, [*sizes[:axis], -1, *sizes[axis + 2 :]])

    def for_targets(self, factor: Any, tensor: Any) -> Any:
        """Repeat a factor of pairs for every target, where a product isn't element-wise."""
        if not has_rows(tensor):
            return factor
        axis = rows_axis(tensor)
        many = [1] * factor.shape.rank
        return tf.tile(factor, tf.stack([*many[:axis], self.targets, *many[axis + 1 :]]))

    def sizes(self, tensor: Any) -> Any:
        """Return the sizes of a forward tensor with one row for each target and pair."""
        rows = self.targets * self.count * self.inner.get(tensor.ref(), 1)
        return _sizes(tensor, rows_axis(tensor), (rows,))

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


FAR, BOUNDLESS = 1e15, 1e30


def tamed(tensor: Any) -> Any:
    """Replace what stands for infinity by a number that slopes can be taken of."""
    far = tf.cast(FAR, tensor.dtype) * tf.sign(tensor)
    return tf.where(tf.abs(tensor) > BOUNDLESS, far, tensor)


def holds_boundless(operations: Iterable[Any]) -> bool:
    """Tell whether any constant number of a graph stands for infinity."""
    for op in operations:
        if op.type != "Const" or op.outputs[0].dtype not in (tf.float32, tf.float64):
            continue
        if op.outputs[0].shape.num_elements() == 1:
            value = tf.get_static_value(op.outputs[0])
            if value is not None and abs(value.item()) > BOUNDLESS:
                return True
    return False


def has_rows(tensor: Any) -> bool:
    """Tell whether one of a tensor's axes counts rows."""
    return tensor.shape.rank is not None and None in tuple(tensor.shape)


def _sizes(tensor: Any, axis: int, rows: tuple[Any, ...]) -> Any:
    """Return a tensor's sizes with `rows` in place of its rows' axis."""
    shape = list(tensor.shape)
    return tf.stack([*shape[:axis], *rows, *shape[axis + 1 :]])
