"""Pooling: averages are affine, a maximum mixes what its window holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers import linked
from explainprune.network.layers.activations import larger
from explainprune.network.layers.axes import channel_axis, expect_axis, is_channels_last, single
from explainprune.network.layers.elementwise import same_constants
from explainprune.network.layers.kind import Kind, Sides
from explainprune.network.layers.links import Channels, Link
from explainprune.network.layers.units import Units
from explainprune.network.scalars.affine import of_inputs
from explainprune.network.scalars.functions import MAXIMUM
from explainprune.network.scalars.tensors import Reading, Tensor, channels_last
from explainprune.network.scalars.windows import Entries, Windows, matrix, windows
from explainprune.types import Array


def pass_channels(call: Call, inputs: tuple[Units, ...]) -> linked.Links:
    """Leave channels where they are, whatever becomes of places."""
    units = single(call, inputs)
    rank = len(call.shapes_in[0])
    expect_axis(call, units, channel_axis(call.operation, rank))
    gone = rank - len(call.shapes_out[0])  # global pooling drops the axes it pools
    return (units.axis if units.axis == 1 else units.axis - gone), (np.arange(len(units.atoms)),)


PASSING = linked.linked(pass_channels, same_constants)


def _links(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
    """Link each channel to itself, wherever it lies."""
    if not is_channels_last(call.operation):
        return None
    return [Channels(np.eye(out[-1]), shapes[0], out)]


def average_pooling(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an average pooling: what is padding isn't counted."""
    layer = call.operation

    def apply(tensor: Tensor) -> Tensor:
        return _averaged(tensor, _windows(layer, tensor), call.path)

    return channels_last(apply, given[0], layer.data_format)


def global_average(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read an average over all positions."""
    layer = call.operation

    def apply(tensor: Tensor) -> Tensor:
        found = _averaged(tensor, _everything(layer, tensor), call.path)
        return found if layer.keepdims else found.made(found.affine, found.shape[-1:])

    return channels_last(apply, given[0], layer.data_format)


def max_pooling(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a maximum over windows."""
    layer = call.operation

    def apply(tensor: Tensor) -> Tensor:
        return _greatest(tensor, _windows(layer, tensor), reading, call.path)

    return channels_last(apply, given[0], layer.data_format)


def global_maximum(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    """Read a maximum over all positions."""
    layer = call.operation

    def apply(tensor: Tensor) -> Tensor:
        found = _greatest(tensor, _everything(layer, tensor), reading, call.path)
        return found if layer.keepdims else found.made(found.affine, found.shape[-1:])

    return channels_last(apply, given[0], layer.data_format)


def _windows(layer: Any, tensor: Tensor) -> Windows:
    return windows(tensor.shape[:-1], layer.pool_size, layer.strides, layer.padding)


def _everything(layer: Any, tensor: Tensor) -> Windows:
    """Return one window over all positions."""
    positions = math.prod(tensor.shape[:-1])
    return Windows((1,) * (len(tensor.shape) - 1), np.arange(positions)[None], positions)


def _averaged(tensor: Tensor, seen: Windows, name: str) -> Tensor:
    channels = tensor.shape[-1]
    position, channel = (a.ravel() for a in np.indices((seen.reads.shape[1], channels)))
    ones = Entries(position, channel, channel, np.ones(len(channel)), (channels, channels))
    counted = (seen.reads >= 0).sum(axis=1)
    share = np.repeat(1.0 / counted, channels)
    affine = tensor.affine.through(matrix(seen, ones)).scaled(share)
    return tensor.made(affine, (*seen.shape, channels), name)


def _greatest(tensor: Tensor, seen: Windows, reading: Reading, name: str) -> Tensor:
    channels = tensor.shape[-1]
    reads = _without_padding(seen.reads)
    groups = reads[:, None, :] * channels + np.arange(channels)[:, None]
    shape = (*seen.shape, channels)
    groups = groups.reshape(-1, reads.shape[1])
    if groups.shape[1] == 2 and of_inputs(tensor.affine):
        first, second = (tensor.affine.picked(column) for column in groups.T)
        return tensor.made(larger(first, second, shape, reading, name), shape, name)
    affine = reading.units(name, shape, tensor.affine, groups, MAXIMUM)
    return tensor.made(affine, shape, name)


def _without_padding(reads: Array) -> Array:
    """Let padding read again what the window reads anyway: a maximum doesn't mind."""
    first = np.take_along_axis(reads, (reads >= 0).argmax(axis=1)[:, None], axis=1)
    return np.where(reads < 0, first, reads)


AVERAGE, MAXIMAL, GLOBAL_AVERAGE, GLOBAL_MAXIMUM, ADAPTIVE = (
    Kind(passing=PASSING, links=_links, scalars=scalars)
    for scalars in (average_pooling, max_pooling, global_average, global_maximum, None)
)
