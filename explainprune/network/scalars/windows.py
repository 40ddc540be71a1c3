"""Which positions a convolution or a pooling reads, and the matrices that follow from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explainprune.network.scalars.affine import Sparse, from_entries
from explainprune.network.scalars.tensors import check_size
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of a kernel over an image of any rank.

    Attributes
    ----------
    shape : tuple of int
        Of the positions output.
    reads : ndarray of int (positions out, positions of the kernel)
        Position read; −1 in the padding.
    n_read : int
        Positions of the image.
    """

    shape: tuple[int, ...]
    reads: Array
    n_read: int


def windows(
    image: Sequence[int],
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int] | None = None,
) -> Windows:
    """Lay a kernel's windows over an image, as TensorFlow pads it.

    >>> windows((5,), (3,), (2,), "same").reads
    array([[-1,  0,  1],
           [ 1,  2,  3],
           [ 3,  4, -1]])
    """
    steps = dilation or [1] * len(image)
    axes = [_axis(*each, padding) for each in zip(image, size, strides, steps, strict=True)]
    shape = tuple(len(axis) for axis in axes)
    check_size(math.prod(shape) * math.prod(size))
    rank, found, outside = len(image), np.zeros((), np.int64), np.zeros((), bool)
    for number, (axis, length) in enumerate(zip(axes, image, strict=True)):
        place = [1] * 2 * rank
        place[number], place[rank + number] = axis.shape
        at = axis.reshape(place)
        found, outside = found * length + at, outside | (at < 0)
    reads = np.where(outside, -1, found).reshape(math.prod(shape), math.prod(size))
    return Windows(shape, reads, math.prod(image))


def _axis(length: int, size: int, stride: int, step: int, padding: str) -> Array:
    """Return what windows read along one axis: (positions, size), −1 outside."""
    reach = step * (size - 1) + 1
    before = 0
    if padding == "same":
        count = -(-length // stride)
        before = max((count - 1) * stride + reach - length, 0) // 2
    elif padding == "causal":
        before = reach - 1
        count = (length + before - reach) // stride + 1
    else:
        count = max((length - reach) // stride + 1, 0)
    at = np.arange(count)[:, None] * stride - before + step * np.arange(size)
    return np.where((at < 0) | (at >= length), -1, at)


@dataclass(frozen=True, eq=False)
class Entries:
    """The live entries of a kernel.

    Attributes
    ----------
    position, read, made : ndarray of int
        Place in the kernel, channel read, channel output.
    weight : ndarray
    channels : (int, int)
        How many are read and output.
    """

    position: Array
    read: Array
    made: Array
    weight: Array
    channels: tuple[int, int]


def plain(kernel: Array, groups: int = 1) -> Entries:
    """Read a kernel (positions, channels read, channels output), each group of them apart."""
    position, read, made = np.nonzero(kernel)
    each = kernel.shape[2] // groups
    weight = kernel[position, read, made]
    read = read + made // each * kernel.shape[1]
    return Entries(position, read, made, weight, (kernel.shape[1] * groups, kernel.shape[2]))


def depthwise(kernel: Array) -> Entries:
    """Read a kernel (positions, channels, multiplier)."""
    position, read, multiple = np.nonzero(kernel)
    times = kernel.shape[2]
    weight = kernel[position, read, multiple]
    made = read * times + multiple
    return Entries(position, read, made, weight, (kernel.shape[1], kernel.shape[1] * times))


def matrix(seen: Windows, kernel: Entries) -> Sparse:
    """Return the matrix of a convolution: (positions · channels) read × output."""
    check_size(len(seen.reads) * len(kernel.weight))
    at = seen.reads[:, kernel.position]
    out, entry = np.nonzero(at >= 0)
    read_channels, made_channels = kernel.channels
    rows = at[out, entry] * read_channels + kernel.read[entry]
    columns = out * made_channels + kernel.made[entry]
    shape = seen.n_read * read_channels, len(seen.reads) * made_channels
    return from_entries(rows, columns, kernel.weight[entry], shape)
