"""Layers and operations that only put numbers elsewhere: read by running them on numbered ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from explainprune.network.backend import keras, tf
from explainprune.network.graph.graph import Call, in_inference
from explainprune.network.layers import passing, reshaping
from explainprune.network.layers.facets import Kind, Sides
from explainprune.network.layers.links import Link, Picked
from explainprune.network.scalars.tensors import Reading, Tensor, check_size
from explainprune.types import Array


def moved_links(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
    """Learn where numbers go by letting the call move numbered ones."""
    starts = np.cumsum([0, *(math.prod(shape) for shape in shapes)])
    numbers = [
        tf.reshape(tf.range(start + 1, end + 1, dtype=tf.float32), (1, *shape))
        for start, end, shape in zip(starts[:-1], starts[1:], shapes, strict=True)
    ]
    args, kwargs = call.filled(dict(zip(call.inputs, numbers, strict=True)))
    try:
        arrived = np.asarray(in_inference(call, args, kwargs))[0]
    except (ValueError, TypeError, tf.errors.InvalidArgumentError):
        arrived = np.zeros(())  # sizes left open: the shape below won't fit
    places = np.round(arrived).astype(np.int64) - 1
    if arrived.shape != out or starts[-1] >= 2**24 or (places + 1 != arrived).any():
        return None
    return [
        Picked(np.where((places >= start) & (places < end), places - start, -1), shape)
        for start, end, shape in zip(starts[:-1], starts[1:], shapes, strict=True)
    ]


def moved_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a layer that moves, repeats or drops numbers, or pads with zeros."""
    (tensor,) = given
    numbered = _run(call, tensor.indices[None] + 1.0)
    if len(numbered) != 1:
        raise ValueError("it moves numbers between rows")
    columns = np.rint(numbered[0]).astype(np.int64) - 1
    return tensor.moved(columns, name=call.path)


def _upsampled(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an UpSampling layer: nearest neighbours are moves, the rest is linear."""
    if getattr(call.operation, "interpolation", "nearest") == "nearest":
        return moved_scalars(call, given, reading)
    (tensor,) = given
    check_size(tensor.affine.width * np.prod(call.shapes_out[0][1:]))  # type: ignore[arg-type]
    basis = np.eye(tensor.affine.width).reshape(-1, *tensor.shape)
    found = _run(call, basis)
    matrix = sparse.csc_array(found.reshape(len(basis), -1))
    return tensor.made(tensor.affine.through(matrix), found.shape[1:], call.path)


def _run(call: Call, rows: Array) -> Array:
    """Run a layer on rows in double precision, which its own __call__ would round."""
    args, kwargs = call.filled({call.inputs[0]: tf.constant(rows, tf.float64)})
    found = call.operation.call(*args, **kwargs)
    (only,) = keras.tree.flatten(found)
    return np.asarray(only)


def _moved_within_rows(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an op that may move rows, too: raise unless it leaves them where they are."""
    shape = [3, *(2 + axis for axis in range(len(call.shapes_in[0]) - 1))]
    rows = np.zeros(shape) + np.arange(3).reshape(3, *[1] * (len(shape) - 1))
    found = _run(call, rows)
    if len(found) != 3 or any((found[row] != row).any() for row in range(3)):
        raise ValueError("it moves numbers between rows")
    return moved_scalars(call, given, reading)


MOVING, RESHAPE, CROPPING, PADDING = (
    Kind(passing=passes, links=moved_links, scalars=moved_scalars)
    for passes in (reshaping.MOVING, reshaping.RESHAPE, passing.POOLING, passing.PADDING)
)
UPSAMPLING = Kind(passing=passing.POOLING, links=moved_links, scalars=_upsampled)
OPERATION = Kind(passing=reshaping.MOVING_OPERATION, links=moved_links, scalars=moved_scalars)
WITH_ROWS = Kind(passing=reshaping.MOVING_OPERATION, links=moved_links, scalars=_moved_within_rows)
RESHAPE_OPERATION = Kind(links=moved_links, scalars=moved_scalars)
SWAPAXES = Kind(links=moved_links)
