"""Layers that ``keras.applications`` brings along and exports nowhere."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.axes import single
from explainprune.network.layers.kind import Arrays, Change, Cut, Kind, Placed
from explainprune.network.layers.linked import Links, linked
from explainprune.network.layers.merging import broadcast_links
from explainprune.network.layers.passing import SAME
from explainprune.network.layers.units import LeaveWhole, Units
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


_KNOWN: dict[str, Kind] = {
    "inception_resnet_v2.CustomScaleLayer": linked(broadcast_links, _scaled_sum),
    "convnext.StochasticDepth": SAME,
    "convnext.LayerScale": linked(_scale_links, _scaled, _scale_change),
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
