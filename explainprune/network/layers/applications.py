"""Layers that ``keras.applications`` brings along and exports nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.axes import single
from explainprune.network.layers.elementwise import IDLE, links_in_place
from explainprune.network.layers.kind import Kind, Sides
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.links import Link
from explainprune.network.layers.merging import broadcast_links, weighted_sum
from explainprune.network.layers.normalising import scaled_link
from explainprune.network.layers.passing import Arrays, Change, Cut, Placed
from explainprune.network.layers.units import LeaveWhole, Units
from explainprune.network.scalars.tensors import Reading, Tensor
from explainprune.types import Array


def _scaled_sum(placed: Placed, values: Arrays) -> Array:
    """InceptionResNetV2's residual: a + scale · b."""
    return np.asarray(values[0] + values[1] * placed.call.operation.scale)


def _gamma(placed: Placed) -> Array:
    return next(iter(placed.weights.values()))  # Keras gives it no name of its own


def _scale_links(call: Call, inputs: tuple[Units, ...]) -> Links:
    units = single(call, inputs)
    if units.axis != len(call.shapes_in[0]) - 1:
        raise LeaveWhole("the units of its input lie along another axis")
    return units.axis, (np.arange(len(units.atoms)),)


def _scaled(placed: Placed, values: Arrays) -> Array:
    gamma = _gamma(placed)
    return np.asarray(np.where(gamma == 0, 0.0, values[0] * gamma))


def _scale_change(placed: Placed, cut: Cut) -> Change:
    name = next(iter(placed.weights))
    return Change({"projection_dim": len(cut.outputs[0])}, {name: _gamma(placed)[cut.outputs[0]]})


def _sum_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    return weighted_sum(call, given, [1.0, float(call.operation.scale)])


def _live_scales(call: Call, shapes: list[Sides], out: Sides) -> list[Link] | None:
    (gamma,) = call.operation.weights
    return [scaled_link(gamma.numpy() != 0, out)]


def _scale_scalars(call: Call, given: Sequence[Tensor], reading: Reading) -> Tensor:
    (tensor,), (gamma,) = given, call.operation.weights
    return tensor.made(tensor.affine.scaled(np.resize(reading.weight(gamma), tensor.affine.width)))


_KNOWN: dict[str, Kind] = {
    "inception_resnet_v2.CustomScaleLayer": Kind(
        passing=linked(broadcast_links, _scaled_sum), links=links_in_place, scalars=_sum_scalars
    ),
    "convnext.StochasticDepth": IDLE,
    "convnext.LayerScale": Kind(
        passing=linked(_scale_links, _scaled, _scale_change),
        links=_live_scales,
        scalars=_scale_scalars,
    ),
}


def application_kinds() -> dict[type, Kind]:
    """Return the kinds of those that this version of Keras has."""
    found = {}
    for name, kind in _KNOWN.items():
        module, layer = name.split(".")
        try:
            home = import_module(f"keras.src.applications.{module}")
        except ImportError:
            continue
        if hasattr(home, layer):
            found[getattr(home, layer)] = kind
    return found
