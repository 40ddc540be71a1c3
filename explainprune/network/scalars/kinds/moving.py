"""Layers that move numbers about: read by running them on the numbers of the entries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from explainprune.network.backend import keras, tf
from explainprune.network.graph.graph import Call
from explainprune.network.scalars.tensors import Reading, Tensor, check_size
from explainprune.types import Array


def passed(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a layer that does nothing outside training."""
    return given[0]


def moved(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a layer that moves, repeats or drops numbers, or pads with zeros."""
    (tensor,) = given
    if not call.is_layer and call.kind in ("Transpose", "Flip", "Roll"):
        _keep_rows(call)
    numbered = _run(call, tensor.indices[None] + 1.0)
    if len(numbered) != 1:
        raise ValueError("it moves numbers between rows")
    columns = np.rint(numbered[0]).astype(np.int64) - 1
    return tensor.moved(columns, name=call.path)


def upsampled(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an UpSampling layer: nearest neighbours are moves, the rest is linear."""
    if getattr(call.operation, "interpolation", "nearest") == "nearest":
        return moved(call, given, reading)
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


def _keep_rows(call: Call) -> None:
    """Raise unless an op leaves the row axis where it is."""
    shape = [3, *(2 + axis for axis in range(len(call.shapes_in[0]) - 1))]
    rows = np.zeros(shape) + np.arange(3).reshape(3, *[1] * (len(shape) - 1))
    found = _run(call, rows)
    if len(found) != 3 or any((found[row] != row).any() for row in range(3)):
        raise ValueError("it moves numbers between rows")
