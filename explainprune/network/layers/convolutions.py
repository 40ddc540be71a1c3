"""Convolutions and their transposes, of any number of axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.graph.graph import Call
from explainprune.network.layers.depthwise import GROUPED, one_group_each
from explainprune.network.layers.kernels import (
    KERNEL,
    by_position,
    finished,
    over_channels,
    over_windows,
    used_entries,
    windows_of,
)
from explainprune.network.layers.kind import Kind, Sized, product
from explainprune.network.layers.links import any_place
from explainprune.network.scalars.tensors import Reading, Tensor, channels_last
from explainprune.network.scalars.windows import matrix, plain
from explainprune.types import Array


def _ways(layer: Any) -> Array:
    """Let each group of outputs read its own group of inputs."""
    ways, groups = any_place(layer.kernel), layer.groups
    spread = np.zeros((groups, ways.shape[0], groups, ways.shape[1] // groups))
    each = ways.reshape(ways.shape[0], groups, -1)
    spread[np.arange(groups), :, np.arange(groups)] = each.transpose(1, 0, 2)
    return spread.reshape(groups * ways.shape[0], ways.shape[1])


def _multiply_adds(call: Sized) -> int:
    """Each output reads one kernel's worth of inputs: the kernel without its last axis."""
    return call.numbers * product(call.kernel()[:-1])


def _scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a convolution of any rank, its groups apart."""
    layer = call.operation
    kernel = plain(by_position(reading.weight(layer.kernel)), layer.groups)
    return over_windows(call, given[0], reading, kernel)


def _patches(layer: Any, values: Any) -> Any:
    """Gather inputs with a convolution whose kernel is the identity."""
    shape = layer.kernel.shape[:-1]
    size = math.prod(shape)
    gathered = keras.ops.conv(
        values,
        tf.reshape(tf.eye(size, dtype=values.dtype), (*shape, size)),
        strides=layer.strides,
        padding=layer.padding,
        data_format="channels_last",
        dilation_rate=layer.dilation_rate,
    )
    return tf.reshape(gathered, (-1, size))


def _passing(call: Call) -> Any:
    """Read a convolution with a group for each input channel as the depthwise one that it is."""
    return GROUPED if one_group_each(call) else KERNEL


CONVOLUTION = Kind(
    passing=_passing,
    links=over_channels(_ways),
    multiply_adds=_multiply_adds,
    scalars=_scalars,
    used=used_entries,
    patches=_patches,
    input_axis=-2,
    has_units=True,
    convolves=True,
    activates=True,
)


def _transposed_multiply_adds(call: Sized) -> int:
    """Each input is spread through one kernel's worth of outputs."""
    return product(call.shapes_in[0]) * product(call.kernel()[:-1])


def _transposed_used(call: Call, given: Array, wanted: Array) -> list[tuple[Any, Array]]:
    kernel = call.operation.kernel
    return [(kernel, (kernel.numpy() != 0) & wanted[:, None] & given)]


def _transposed_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a transposed convolution: what it outputs, convolved, has the shape of what it reads.

    Its matrix is the transpose of that convolution's.
    """
    layer = call.operation
    first = layer.data_format == "channels_first"
    shape = tuple(int(size or 0) for size in call.shapes_out[0][1:])
    positions = shape[1:] if first else shape[:-1]

    def apply(tensor: Tensor) -> Tensor:
        seen = windows_of(layer, positions)
        if seen.shape != tensor.shape[:-1]:
            raise ValueError(f"its output padding {layer.output_padding} is not known")
        kernel = plain(by_position(reading.weight(layer.kernel)))
        made = tensor.affine.through(matrix(seen, kernel).T)
        found = tensor.made(made, (*positions, kernel.channels[0]), call.path)
        return finished(found, call, reading)

    return channels_last(apply, given[0], layer.data_format)


TRANSPOSED = Kind(
    passing=KERNEL,
    links=over_channels(lambda layer: any_place(layer.kernel).T),
    multiply_adds=_transposed_multiply_adds,
    scalars=_transposed_scalars,
    used=_transposed_used,
    unit_axes={"kernel": -2},
    input_axis=-1,
    has_units=True,
    convolves=True,
    activates=True,
)
