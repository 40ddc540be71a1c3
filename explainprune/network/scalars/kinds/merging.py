"""Layers that merge several tensors: sums are affine, products and extremes mix them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.scalars.affine import Affine, joined
from explainprune.network.scalars.elements import Function
from explainprune.network.scalars.functions import MAXIMUM, MINIMUM, PRODUCT
from explainprune.network.scalars.tensors import Reading, Tensor


def add(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a sum."""
    return _weighted(call, given, [1.0] * len(given))


def subtract(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a difference."""
    return _weighted(call, given, [1.0, -1.0])


def average(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an average."""
    return _weighted(call, given, [1.0 / len(given)] * len(given))


def multiply(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a product."""
    return _mixed(call, given, reading, PRODUCT)


def maximum(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a maximum of several tensors."""
    return _mixed(call, given, reading, MAXIMUM)


def minimum(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a minimum of several tensors."""
    return _mixed(call, given, reading, MINIMUM)


def concatenate(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a concatenation along any axis."""
    rank = len(given[0].shape) + 1
    axis = int(call.operation.axis) % rank - 1
    if axis < 0:
        raise ValueError("it joins rows")
    starts = np.cumsum([0, *(each.affine.width for each in given)])
    numbers = [each.indices + start for each, start in zip(given, starts[:-1], strict=True)]
    order = np.concatenate(numbers, axis=axis)
    whole = joined([each.affine for each in given]).picked(order.ravel())
    return Tensor(whole, order.shape, call.path)


def _broadcast(call: Call, given: Sequence[Tensor]) -> tuple[list[Affine], tuple[int, ...]]:
    """Give all tensors one shape."""
    if len(given) != len(call.read) or len(given) < 2:
        raise ValueError("it merges with something that is no tensor")
    shape = np.broadcast_shapes(*(each.shape for each in given))
    ranks = {len(each.shape) for each in given}
    if len(ranks) > 1:
        raise ValueError("it merges tensors of different ranks")
    spread = [np.broadcast_to(each.indices, shape).ravel() for each in given]
    return [each.affine.picked(columns) for each, columns in zip(given, spread, strict=True)], shape


def _weighted(call: Call, given: Sequence[Tensor], factors: list[float]) -> Tensor:
    affines, shape = _broadcast(call, given)
    total = affines[0].scaled(factors[0])
    for affine, factor in zip(affines[1:], factors[1:], strict=True):
        total = total.plus(affine.scaled(factor))
    return Tensor(total, shape, call.path)


def _mixed(call: Call, given: Sequence[Tensor], reading: Reading, function: Function) -> Tensor:
    affines, shape = _broadcast(call, given)
    width = affines[0].width
    groups = np.arange(width)[:, None] + width * np.arange(len(affines))
    affine = reading.units(call.path, shape, joined(affines), groups, function)
    return Tensor(affine, shape, call.path)
