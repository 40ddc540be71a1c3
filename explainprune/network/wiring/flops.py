"""What one row costs: two operations for each multiply-add."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

from explainprune.network.wiring.calls import Call


def flops_of(call: Call) -> int:
    """Count the multiply-adds of one call on one row, ×2; kinds that aren't known cost nothing.

    Counted are products with weights and of activations with each other (attention), and one
    multiply-add for each number that a normalisation layer scales. Biases, activation functions
    and pooling are not. Sizes that the graph leaves open count as one.
    """
    for beginning, rule in RULES.items():
        if call.kind.startswith(beginning):
            return 2 * rule(call)
    return 0


def _product(sides: Iterable[int | None]) -> int:
    """Multiply sizes; open ones count as one."""
    return int(math.prod(side or 1 for side in sides))


def _dense(call: Call) -> int:
    return _product(call.shapes_out[0]) * int(call.operation.kernel.shape[0])


def _conv(call: Call) -> int:
    """Each output reads one kernel's worth of inputs: the kernel without its last axis."""
    return _product(call.shapes_out[0]) * _product(call.operation.kernel.shape[:-1])


def _transposed(call: Call) -> int:
    """Each input is spread through one kernel's worth of outputs."""
    return _product(call.shapes_in[0]) * _product(call.operation.kernel.shape[:-1])


def _depthwise(call: Call) -> int:
    return _product(call.shapes_out[0]) * _product(call.operation.kernel.shape[:-2])


def _separable(call: Call) -> int:
    places = _product(call.shapes_out[0]) // int(call.operation.filters)
    kernels = (call.operation.depthwise_kernel, call.operation.pointwise_kernel)
    return places * sum(_product(k.shape) for k in kernels)


def _einsum(call: Call) -> int:
    """Each output sums over the letters of the kernel that it doesn't have itself."""
    left, out = call.operation.equation.replace(" ", "").split("->")
    letters = zip(left.split(",")[1], call.operation.kernel.shape, strict=True)
    return _product(call.shapes_out[0]) * _product(s for letter, s in letters if letter not in out)


def _recurrent(call: Call) -> int:
    """Each step multiplies by every kernel once (both directions of a Bidirectional)."""
    return (call.shapes_in[0][0] or 1) * _kernel_sizes(call)


def _kernel_sizes(call: Call) -> int:
    return sum(_product(w.shape) for w in call.operation.weights if w.name.endswith("kernel"))


def _distributed(call: Call) -> int:
    """Count the layer inside, once for each step."""
    inside = replace(
        call,
        operation=call.operation.layer,
        shapes_in=(call.shapes_in[0][1:],),
        shapes_out=(call.shapes_out[0][1:],),
    )
    return (call.shapes_in[0][0] or 1) * flops_of(inside) // 2


def _multi_head(call: Call) -> int:
    """Projections of queries, keys, values and outputs; scores; and their weighted sums."""
    layer = call.operation
    queries, values = (shape[0] or 1 for shape in (call.shapes_in[0], call.shapes_in[1]))
    kernels = [_product(w.shape) for w in layer.weights if w.name == "kernel"]
    projected = sum(
        size * places
        for size, places in zip(kernels, (queries, values, values, queries), strict=True)
    )
    heads, width = int(layer.num_heads), int(layer.key_dim + layer.value_dim)
    return projected + heads * queries * values * width


def _attention(call: Call) -> int:
    """Scores of (Tq, d) against (Tv, d), and their weighted sums of (Tv, dv)."""
    (queries, width), (values, value_width) = call.shapes_in[0][-2:], call.shapes_in[1][-2:]
    return (queries or 1) * (values or 1) * ((width or 1) + (value_width or 1))


RULES: dict[str, Callable[[Call], int]] = {
    "Dense": _dense,
    "EinsumDense": _einsum,
    "Conv1DTranspose": _transposed,
    "Conv2DTranspose": _transposed,
    "Conv3DTranspose": _transposed,
    "ConvLSTM": lambda call: 0,
    "Conv": _conv,
    "DepthwiseConv": _depthwise,
    "SeparableConv": _separable,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "SimpleRNN": _recurrent,
    "Bidirectional": _recurrent,
    "TimeDistributed": _distributed,
    "MultiHeadAttention": _multi_head,
    "Attention": _attention,
    "BatchNormalization": lambda call: _product(call.shapes_out[0]),
    "LayerNormalization": lambda call: _product(call.shapes_out[0]),
    "GroupNormalization": lambda call: _product(call.shapes_out[0]),
    "UnitNormalization": lambda call: _product(call.shapes_out[0]),
}
"""Multiply-adds of one row by kind; the first key that a kind begins with counts."""
