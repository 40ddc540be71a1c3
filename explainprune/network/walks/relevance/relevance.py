"""Layer-wise relevance propagation through a traced graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.relevance.elementwise import activations
from explainprune.network.walks.relevance.kernels import PRODUCTS, Kernel, kernels
from explainprune.network.walks.relevance.traced import Between, through

RULES = {
    "epsilon": {"dense": "epsilon", "convolution": "epsilon", "first convolution": "epsilon"},
    "zplus": {"dense": "zplus", "convolution": "zplus", "first convolution": "zplus"},
    "flat": {"dense": "flat", "convolution": "flat", "first convolution": "flat"},
    "composite": {"dense": "epsilon", "convolution": "zplus", "first convolution": "flat"},
}
"""How each kind of layer shares, by the name of the rule."""

CONSTANT = ("Rsqrt",)
"""Normalisation divides by a spread that counts as a constant: only what is divided is paid."""

ROUTES = (
    "BatchToSpaceND", "BroadcastTo", "Cast", "ConcatV2", "ExpandDims", "GatherV2", "Identity",
    "Max", "MaxPool", "MaxPool3D", "MirrorPad", "Pack", "Pad", "PadV2", "Reshape",
    "ResizeNearestNeighbor", "SpaceToBatchND", "Split", "SplitV", "Squeeze", "StridedSlice", "Tile",
    "Transpose", "Unpack",
)  # fmt: skip
"""What these put out is one of the numbers they were given: all goes back to it, zero or not."""


def relevance_rules() -> tuple[str, ...]:
    """Return the names of the rules."""
    return tuple(RULES)


class Relevance:
    r"""Steps that hand relevance back through a graph between an input and an output.

    A kernel's unit j shares what it got among its inputs i as :math:`R_i = q_{ij} R_j / Q_j`:

    - epsilon: :math:`q_{ij} = a_i w_{ij}`, with Q_j all that it sums, bias and normalisation
      included, plus a small number of its sign;
    - zplus: :math:`q_{ij} = \max(a_i w_{ij}, 0)`; flat: 1 for each live weight; Q_j their sum.

    Activation functions pass it on, products of two share it equally, quotients pay what is
    divided, and everything else shares by input · gradient, as epsilon does.

    Parameters
    ----------
    between : Between
    rule : str
        A name in ``RULES``.
    epsilon : float
        Relative to the largest number that a layer made of the sample.
    """

    def __init__(self, between: Between, rule: str, epsilon: float) -> None:
        self.between, self.epsilon = between, epsilon
        self._kinds = RULES[rule]
        self._bent = activations(between)
        self._kernels = kernels(between)

    def step(self, op: Any, arrived: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Share what arrived at an operation's outputs among the tensors it came from."""
        if op in self._bent:
            yield self._bent[op], tf.add_n([each for each in arrived if each is not None])
        elif op in self._kernels:
            kernel = self._kernels[op]
            yield kernel.op.inputs[kernel.data], self._of_kernel(kernel, arrived[0])
        elif op.type == "IdentityN":
            yield from zip(op.inputs, arrived, strict=True)
        elif op.type in ROUTES:
            inputs = self._inputs(op)
            yield from zip(inputs, through(op, arrived, inputs), strict=True)
        else:
            yield from self._of_anything(op, arrived)

    def _inputs(self, op: Any) -> list[Any]:
        return [tensor for tensor in op.inputs if self.between.depends(tensor)]

    def _of_kernel(self, kernel: Kernel, arrived: Any) -> Any:
        kind = "convolution" if kernel.convolves else "dense"
        rule = self._kinds["first convolution" if kernel.first and kernel.convolves else kind]
        data, weights = kernel.op.inputs[kernel.data], kernel.op.inputs[kernel.kernel]
        if rule == "epsilon":
            return data * kernel.gradient(self._over(arrived, kernel.end))
        arrived = kernel.moved_back(arrived)
        slopes = kernel.slopes() if kernel.scaled else None
        if rule == "flat":
            live = tf.cast(tf.not_equal(weights, 0), weights.dtype)
            arrived = arrived if slopes is None else tf.where(slopes != 0, arrived, 0)
            return self._shared(kernel, [(tf.ones_like(data), live)], arrived)
        if slopes is None:
            return self._shared(kernel, _positive(data, weights), arrived)
        up, down = (tf.where(side, arrived, 0) for side in (slopes > 0, slopes < 0))
        return self._shared(kernel, _positive(data, weights), up) + self._shared(
            kernel, _positive(data, -weights), down
        )

    def _shared(self, kernel: Kernel, parts: list[tuple[Any, Any]], arrived: Any) -> Any:
        """Share in proportion to the products of each part's data and weights, none negative."""
        products = [kernel.product(*part) for part in parts]
        shared = self._over(arrived, tf.add_n(products))
        given = [
            data * tf.gradients(made, data, shared, stop_gradients=[data])[0]
            for (data, _), made in zip(parts, products, strict=True)
        ]
        return tf.add_n(given)

    def _of_anything(self, op: Any, arrived: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Share by input · gradient."""
        inputs = self._inputs(op)
        if op.type == "RealDiv" and len(inputs) == 2:
            inputs = inputs[:1]
        shared = [
            None if each is None else self._over(each, made)
            for each, made in zip(arrived, op.outputs, strict=True)
        ]
        # A product's inputs would each get all of it.
        part = 1 / len(op.inputs) if op.type in PRODUCTS and len(inputs) == 2 else 1.0
        for tensor, slope in zip(inputs, through(op, shared, inputs), strict=True):
            yield tensor, None if slope is None else part * tensor * tf.convert_to_tensor(slope)

    def _over(self, arrived: Any, made: Any) -> Any:
        """Divide, with a small number of the divisor's sign added to it."""
        sizes = [axis for axis, size in enumerate(made.shape) if size is not None]
        small = self.epsilon * tf.reduce_max(tf.abs(made), axis=sizes, keepdims=True)
        return tf.math.divide_no_nan(arrived, made + tf.where(made < 0, -small, small))


def _positive(data: Any, weights: Any) -> list[tuple[Any, Any]]:
    """Split a product into the two that hold its positive terms alone."""
    return [
        (tf.nn.relu(data), tf.nn.relu(weights)),
        (tf.minimum(data, 0), tf.minimum(weights, 0)),
    ]
