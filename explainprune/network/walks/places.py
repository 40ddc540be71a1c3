"""What TensorFlow leaves open in a traced graph: sizes of reshaped tensors, and where rows are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.walks.pairs import has_rows, row_size, rows_axis
from explainprune.types import Array

_ROWS = 1_000_003
"""Stands for the number of rows where sizes are computed: a prime, so that it is found again."""


def inner_places(operations: list[Any]) -> dict[Any, int]:
    """Return how many places on the rows' axis belong to one row, for tensors where it isn't 1.

    Reshapes lay other axes beside the rows, and part them again. Sizes that the graph leaves open
    although they are known (a `Dense` layer on sequences computes them) are set.

    Raises
    ------
    ValueError
        If a reshape cuts across rows.
    """
    inner: dict[Any, int] = {}
    for op in operations:
        read = [tensor for tensor in op.inputs if has_rows(tensor)]
        places = max((inner.get(tensor.ref(), 1) for tensor in read), default=1)
        for tensor in op.outputs:
            found = places
            if op.type == "Reshape":
                _settle(op, inner)
                found = _after_reshape(op, places)
            if found != 1:
                inner[tensor.ref()] = found
    return inner


def _settle(op: Any, inner: dict[Any, int]) -> None:
    """Set the sizes that a reshape computes from other sizes."""
    shape = op.outputs[0].shape
    if shape.rank is not None and list(shape).count(None) <= 1:
        return
    sizes = _computed(op.inputs[1], inner)
    if sizes is not None and (sizes < 0).sum() == 0:
        op.outputs[0].set_shape([None if size % _ROWS == 0 else int(size) for size in sizes])


def _computed(tensor: Any, inner: dict[Any, int]) -> Array | None:
    """Compute a tensor of sizes; None where an operation isn't one that sizes go through."""
    known = tf.get_static_value(tensor)
    if known is not None:
        return np.asarray(known)
    op = tensor.op
    if op.type == "Shape":
        places = _ROWS * inner.get(op.inputs[0].ref(), 1)
        return np.array([places if size is None else size for size in op.inputs[0].shape])
    if op.type not in _SIZES:
        return None
    given = [_computed(each, inner) for each in op.inputs]
    if any(each is None for each in given):
        return None
    result: Array = _SIZES[op.type](op, *given)
    return result


def _sliced(op: Any, values: Array, begin: Array, end: Array, strides: Array) -> Array:
    one = bool(op.get_attr("shrink_axis_mask"))
    start = None if op.get_attr("begin_mask") else int(begin[0])
    stop = None if op.get_attr("end_mask") else int(end[0])
    found: Array = values[int(begin[0])] if one else values[start : stop : int(strides[0])]
    return found


_SIZES: dict[str, Callable[..., Array]] = {
    "Identity": lambda op, values: values,
    "Cast": lambda op, values: values,
    "Mul": lambda op, a, b: a * b,
    "Prod": lambda op, values, axis: np.prod(values, axis=tuple(np.atleast_1d(axis))),
    "Pack": lambda op, *parts: np.stack(parts),
    "ConcatV2": lambda op, *parts: np.concatenate(parts[:-1]),
    "GatherV2": lambda op, values, indices, axis: np.take(values, indices, axis=int(axis)),
    "StridedSlice": _sliced,
}


def _after_reshape(op: Any, places: int) -> int:
    before, after = op.inputs[0], op.outputs[0]
    outer: list[int] = [math.prod(list(t.shape)[: rows_axis(t)]) for t in (before, after)]
    numbers: int = row_size(before) // outer[0] * places
    if outer[0] != outer[1] or numbers % (row_size(after) // outer[1]):
        raise ValueError(
            f"operation {op.name!r} reshapes across rows: {before.shape} to {after.shape}"
        )
    return int(numbers // (row_size(after) // outer[1]))
