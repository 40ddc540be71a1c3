"""What one row costs: two operations for each multiply-add."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from explainprune.network.graph.graph import Call
from explainprune.network.layers.families import (
    CONV,
    DEPTHWISE,
    HEADS,
    NORMALISING,
    RECURRENT,
    SEPARABLE,
    TRANSPOSED,
    own_name,
)
from explainprune.network.variables import layer_variables

Shape = tuple[int | None, ...]


@dataclass(frozen=True, eq=False)
class Sized:
    """A call as far as its cost goes: what it is, and how large all is.

    Attributes
    ----------
    operation : keras.Operation
    shapes_in, shapes_out : tuple of tuple
        Of tensors, without the row axis.
    weights : dict of str to tuple
        Shapes of the layer's weights by name.
    """

    operation: Any
    shapes_in: tuple[Shape, ...]
    shapes_out: tuple[Shape, ...]
    weights: Mapping[str, tuple[int, ...]]

    @property
    def numbers(self) -> int:
        """How many numbers it makes."""
        return _product(self.shapes_out[0])

    def kernel(self, part: str = "kernel") -> tuple[int, ...]:
        """Return the shape of one of its kernels."""
        return self.weights[part]


def flops_of(call: Call) -> int:
    """Count the multiply-adds of one call on one row, ×2; kinds that aren't known cost nothing.

    Counted are products with weights and of activations with each other (attention), and one
    multiply-add for each number that a normalisation layer scales. Biases, activation functions
    and pooling are not. Sizes that the graph leaves open count as one.
    """
    weights = {name: tuple(v.shape) for name, v in layer_variables(call.operation).items()}
    read, made = (tuple(s[1:] for s in shapes) for shapes in (call.shapes_in, call.shapes_out))
    return flops_of_sized(Sized(call.operation, read, made, weights))


def flops_of_sized(call: Sized) -> int:
    """Count those of a call that need not exist."""
    rule = RULES.get(own_name(call.operation))
    return 0 if rule is None else 2 * rule(call)


def _product(sides: Iterable[int | None]) -> int:
    """Multiply sizes; open ones count as one."""
    return int(math.prod(side or 1 for side in sides))


def _dense(call: Sized) -> int:
    return call.numbers * call.kernel()[0]


def _conv(call: Sized) -> int:
    """Each output reads one kernel's worth of inputs: the kernel without its last axis."""
    return call.numbers * _product(call.kernel()[:-1])


def _transposed(call: Sized) -> int:
    """Each input is spread through one kernel's worth of outputs."""
    return _product(call.shapes_in[0]) * _product(call.kernel()[:-1])


def _depthwise(call: Sized) -> int:
    return call.numbers * _product(call.kernel()[:-2])


def _separable(call: Sized) -> int:
    kernels = (call.kernel("depthwise_kernel"), call.kernel("pointwise_kernel"))
    return call.numbers // kernels[1][-1] * sum(map(_product, kernels))


def _einsum(call: Sized) -> int:
    """Each output sums over the letters of the kernel that it doesn't have itself."""
    left, out = call.operation.equation.replace(" ", "").split("->")
    letters = zip(left.split(",")[1], call.kernel(), strict=True)
    return call.numbers * _product(s for letter, s in letters if letter not in out)


def _recurrent(call: Sized) -> int:
    """Each step multiplies by every kernel once (both directions of a Bidirectional)."""
    sizes = [_product(shape) for name, shape in call.weights.items() if name.endswith("kernel")]
    return (call.shapes_in[0][0] or 1) * sum(sizes)


def _distributed(call: Sized) -> int:
    """Count the layer inside, once for each step."""
    inside = replace(
        call,
        operation=call.operation.layer,
        shapes_in=(call.shapes_in[0][1:],),
        shapes_out=(call.shapes_out[0][1:],),
        weights={name.removeprefix("layer/"): shape for name, shape in call.weights.items()},
    )
    return (call.shapes_in[0][0] or 1) * flops_of_sized(inside) // 2


def _projected(call: Sized) -> int:
    """Projections of queries, keys, values and outputs; scores; and their weighted sums."""
    queries, values = (shape[0] or 1 for shape in (call.shapes_in[0], call.shapes_in[1]))
    kernels = {n.split("_")[0]: s for n, s in call.weights.items() if n.endswith("_dense/kernel")}
    projected = sum(
        _product(shape) * (values if part in ("key", "value") else queries)
        for part, shape in kernels.items()
    )
    heads, width = kernels["query"][1], kernels["query"][2] + kernels["value"][2]
    return projected + heads * queries * values * width


def _attention(call: Sized) -> int:
    """Scores of (Tq, d) against (Tv, d), and their weighted sums of (Tv, dv)."""
    (queries, width), (values, value_width) = call.shapes_in[0][-2:], call.shapes_in[1][-2:]
    return (queries or 1) * (values or 1) * ((width or 1) + (value_width or 1))


RULES: dict[str, Callable[[Sized], int]] = {
    "Dense": _dense,
    "EinsumDense": _einsum,
    **dict.fromkeys(CONV, _conv),
    **dict.fromkeys(TRANSPOSED, _transposed),
    **dict.fromkeys(DEPTHWISE, _depthwise),
    **dict.fromkeys(SEPARABLE, _separable),
    **dict.fromkeys(RECURRENT, _recurrent),
    "Bidirectional": _recurrent,
    "TimeDistributed": _distributed,
    **dict.fromkeys(HEADS, _projected),
    "Attention": _attention,
    **dict.fromkeys(NORMALISING, lambda call: call.numbers),
}
"""Multiply-adds of one row, by the name of one of Keras' own layers."""
