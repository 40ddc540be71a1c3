"""How relevance is shared: rules of kernels and of other operations."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import tf
from explainprune.network.walks.relevance.kernels import Kernel
from explainprune.network.walks.relevance.through import through

Shares = list[Any]


def over(arrived: Any, made: Any, epsilon: float) -> Any:
    """Divide, with a small number of the divisor's sign added to it."""
    sizes = [axis for axis, size in enumerate(made.shape) if size is not None]
    small = epsilon * tf.reduce_max(tf.abs(made), axis=sizes, keepdims=True)
    return tf.math.divide_no_nan(arrived, made + tf.where(made < 0, -small, small))


def routed(op: Any, arrived: Shares, depends: list[bool], epsilon: float) -> Shares:
    """Move all back to where it came from."""
    return through(op, arrived, depends)


def each_its_own(op: Any, arrived: Shares, depends: list[bool], epsilon: float) -> Shares:
    """Pass each output's on to its own input."""
    return arrived


def to_the_source(op: Any, arrived: Shares, depends: list[bool], epsilon: float) -> Shares:
    """Pass all of it on to what an activation function bends."""
    return [tf.add_n([each for each in arrived if each is not None])]


def by_input_times_gradient(
    op: Any, arrived: Shares, depends: list[bool], epsilon: float
) -> Shares:
    """Share in proportion to input · gradient."""
    shared = [
        None if each is None else over(each, made, epsilon)
        for each, made in zip(arrived, op.outputs, strict=True)
    ]
    slopes = through(op, shared, depends)
    return [None if s is None else t * s for t, s in zip(op.inputs, slopes, strict=True)]


def halved(op: Any, arrived: Shares, depends: list[bool], epsilon: float) -> Shares:
    """Share a product of two equally: by input · gradient each would get all of it."""
    shares = by_input_times_gradient(op, arrived, depends, epsilon)
    if sum(depends) < 2:
        return shares
    return [None if share is None else share / len(op.inputs) for share in shares]


def of_the_divided(op: Any, arrived: Shares, depends: list[bool], epsilon: float) -> Shares:
    """Pay what is divided, and the divisor only where that alone depends."""
    return by_input_times_gradient(op, arrived, [depends[0], depends[1] > depends[0]], epsilon)


def by_contributions(
    op: Any, arrived: Shares, depends: list[bool], epsilon: float, *, kernel: Kernel
) -> Shares:
    """Share a kernel's by ``a w``, of all that is summed."""
    return [kernel.data * kernel.gradient(over(arrived[0], kernel.end, epsilon))]


def by_positive_contributions(
    op: Any, arrived: Shares, depends: list[bool], epsilon: float, *, kernel: Kernel
) -> Shares:
    """Share a kernel's by ``max(a w, 0)``, w with the scales behind it."""
    moved = kernel.moved_back(arrived[0])
    signed = kernel.signed_weights()
    if signed is not None:
        return [_shared(kernel, _positive(kernel.data, signed), moved, epsilon)]
    slopes = kernel.slopes()
    up, down = (tf.where(side, moved, 0) for side in (slopes > 0, slopes < 0))
    return [
        _shared(kernel, _positive(kernel.data, kernel.weights), up, epsilon)
        + _shared(kernel, _positive(kernel.data, -kernel.weights), down, epsilon)
    ]


def by_live_weights(
    op: Any, arrived: Shares, depends: list[bool], epsilon: float, *, kernel: Kernel
) -> Shares:
    """Share a kernel's equally among the inputs whose weights aren't zero."""
    moved = kernel.moved_back(arrived[0])
    moved = tf.where(kernel.slopes() != 0, moved, 0) if kernel.scaled else moved
    live = tf.cast(tf.not_equal(kernel.weights, 0), kernel.weights.dtype)
    return [_shared(kernel, [(tf.ones_like(kernel.data), live)], moved, epsilon)]


KERNEL_RULES = {
    "epsilon": by_contributions,
    "zplus": by_positive_contributions,
    "flat": by_live_weights,
}


def _positive(data: Any, weights: Any) -> list[tuple[Any, Any]]:
    """Split a product into the two that hold its positive terms alone."""
    up = (tf.nn.relu(data), tf.nn.relu(weights))
    return [up] if _never_negative(data) else [up, (tf.minimum(data, 0), tf.minimum(weights, 0))]


def _never_negative(tensor: Any) -> bool:
    """Tell whether a tensor comes from a function whose values have no sign, as most do."""
    while tensor.op.type in ("AvgPool", "Identity", "MaxPool", "Mean", "Pad", "Reshape", "Squeeze"):
        tensor = tensor.op.inputs[0]
    return tensor.op.type in ("Abs", "Exp", "Relu", "Relu6", "Sigmoid", "Softmax", "Softplus")


def _shared(kernel: Kernel, parts: list[tuple[Any, Any]], arrived: Any, epsilon: float) -> Any:
    """Share in proportion to the products of each part's data and weights, none negative."""
    products = [kernel.product(*part) for part in parts]
    shared = over(arrived, tf.add_n(products), epsilon)
    return tf.add_n(
        [
            data * tf.gradients(made, data, shared, stop_gradients=[data])[0]
            for (data, _), made in zip(parts, products, strict=True)
        ]
    )
