"""Layers with a kernel: Dense along the last axis, and convolutions of every kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.scalars.kinds.activations import activated
from explainprune.network.scalars.tensors import Reading, Tensor, channels_last
from explainprune.network.scalars.windows import (
    Entries,
    Windows,
    depthwise,
    matrix,
    plain,
    windows,
)
from explainprune.types import Array


def dense(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a Dense layer: a convolution of size 1 over all axes but the last."""
    (tensor,) = given
    layer = call.operation
    kernel = plain(reading.weight(layer.kernel)[None])
    positions = tensor.shape[:-1]
    here = np.arange(math.prod(positions))[:, None]
    found = _convolved(tensor, Windows(positions, here, len(here)), kernel, call.path)
    return _finished(found, layer, reading, call)


def convolution(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a convolution of any rank, its groups apart."""
    layer = call.operation
    kernel = plain(_by_position(reading.weight(layer.kernel)), layer.groups)
    return _over_windows(call, given[0], reading, kernel)


def depthwise_convolution(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a depthwise convolution."""
    kernel = depthwise(_by_position(reading.weight(call.operation.kernel)))
    return _over_windows(call, given[0], reading, kernel)


def _over_windows(call: Call, given: Tensor, reading: Reading, kernel: Entries) -> Tensor:
    """Lay a kernel over the windows of a layer."""
    layer = call.operation

    def apply(tensor: Tensor) -> Tensor:
        found = _convolved(tensor, _windows(layer, tensor.shape[:-1]), kernel, call.path)
        return _finished(found, layer, reading, call)

    return channels_last(apply, given, layer.data_format)


def separable_convolution(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a depthwise convolution and the pointwise one after it."""
    layer = call.operation

    def apply(tensor: Tensor) -> Tensor:
        kernel = depthwise(_by_position(reading.weight(layer.depthwise_kernel)))
        deep = _convolved(tensor, _windows(layer, tensor.shape[:-1]), kernel, call.path)
        here = np.arange(math.prod(deep.shape[:-1]))[:, None]
        points = plain(_by_position(reading.weight(layer.pointwise_kernel)))
        found = _convolved(deep, Windows(deep.shape[:-1], here, len(here)), points, call.path)
        return _finished(found, layer, reading, call)

    return channels_last(apply, given[0], layer.data_format)


def transposed_convolution(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a transposed convolution: what it puts out, convolved, has the shape of what it reads.

    Its matrix is the transpose of that convolution's.
    """
    layer = call.operation
    first = layer.data_format == "channels_first"
    shape = tuple(int(size or 0) for size in call.shapes_out[0][1:])
    positions = shape[1:] if first else shape[:-1]

    def apply(tensor: Tensor) -> Tensor:
        seen = _windows(layer, positions)
        if seen.shape != tensor.shape[:-1]:
            raise ValueError(f"its output padding {layer.output_padding} is not known")
        kernel = plain(_by_position(reading.weight(layer.kernel)))
        made = tensor.affine.through(matrix(seen, kernel).T)
        found = tensor.made(made, (*positions, kernel.channels[0]), call.path)
        return _finished(found, layer, reading, call)

    return channels_last(apply, given[0], layer.data_format)


def _windows(layer: Any, image: tuple[int, ...]) -> Windows:
    return windows(image, layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate)


def _by_position(kernel: Array) -> Array:
    """Lay a kernel's positions flat: (positions, channels, channels)."""
    return kernel.reshape(-1, *kernel.shape[-2:])


def _convolved(tensor: Tensor, seen: Windows, kernel: Entries, name: str) -> Tensor:
    affine = tensor.affine.through(matrix(seen, kernel))
    return tensor.made(affine, (*seen.shape, kernel.channels[1]), name)


def _finished(tensor: Tensor, layer: Any, reading: Reading, call: Call) -> Tensor:
    """Add the bias and apply the activation."""
    if layer.use_bias:
        bias = np.resize(reading.weight(layer.bias), tensor.affine.width)
        tensor = tensor.made(tensor.affine.scaled(1.0, bias))
    return activated(tensor, layer.activation, reading, call.path)
