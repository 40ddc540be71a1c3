"""Depthwise convolutions: output channel i · multiplier + m reads input channel i alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.channelwise import DEPTHWISE as PASSING
from explainprune.network.layers.convolutions import by_position, over_channels, over_windows
from explainprune.network.layers.facets import Kind, product
from explainprune.network.layers.links import any_place, nonzero
from explainprune.network.scalars.tensors import Reading, Tensor
from explainprune.network.scalars.windows import depthwise
from explainprune.types import Array


def depthwise_ways(kernel: Any) -> Array:
    """Return 1.0 where an output channel reads an input channel: (channels, channels · m)."""
    ways = any_place(kernel)
    channels, multiplier = ways.shape
    spread = np.zeros((channels, channels, multiplier))
    spread[np.arange(channels), np.arange(channels)] = ways
    return spread.reshape(channels, channels * multiplier)


def _used(call: Call, given: Array, wanted: Array) -> list[tuple[Any, Array]]:
    kernel = call.operation.kernel
    live = nonzero(kernel) > 0
    return [(kernel, live & given[:, None] & wanted.reshape(kernel.shape[-2:]))]


def _scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    kernel = depthwise(by_position(reading.weight(call.operation.kernel)))
    return over_windows(call, given[0], reading, kernel)


DEPTHWISE = Kind(
    passing=PASSING,
    links=over_channels(lambda layer: depthwise_ways(layer.kernel)),
    multiply_adds=lambda call: call.numbers * product(call.kernel()[:-2]),
    scalars=_scalars,
    used=_used,
    unit_axes={"kernel": -2},
    input_axis=-2,
    convolves=True,
    by_channel=True,
    activates=True,
)
