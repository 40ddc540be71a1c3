"""Statistics that follow from a model's weights alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from explainprune.network.graph.graph import read_graph
from explainprune.network.graph.nodes import has_graph
from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.network.shrinking.readers import readers_of_units
from explainprune.network.statistics.synaptic_flow import synaptic_flow
from explainprune.network.statistics.taps import chains, scale_of
from explainprune.network.variables import located_layers, variables, weights_of
from explainprune.types import Array

STATIC = ("kernel", "bias", "unit_axis", "units", "scale", "outgoing_norm", "synaptic_flow")

Statistics = dict[str, dict[str, Any]]


def slot(info: LayerInfo, kernel: str) -> str:
    """Return where a kernel's statistics go: the layer's path, for others their variable path."""
    return info.path if kernel == info.kernel else kernel


def weight_statistics(
    model: Model, layers: Collection[LayerInfo], wanted: Collection[str]
) -> Statistics:
    """Collect what needs no rows; small things always, dear ones if they are wanted."""
    weights, held = weights_of(model), dict(located_layers(model))
    found: Statistics = {}
    for info in layers:
        if info.kernel and getattr(held[info.path], "lora_enabled", False):  # it multiplies by both
            weights[info.kernel] = np.asarray(held[info.path].kernel)
        for path in info.kernels:
            axis = info.axis_of(path, weights[path].ndim)
            entry = {"kernel": weights[path], "unit_axis": axis, "units": weights[path].shape[axis]}
            found[slot(info, path)] = entry
        found[info.path]["bias"] = weights[info.bias] if info.bias else np.zeros(info.units)
    if not has_graph(model):
        return found
    if "scale" in wanted:
        _add(found, "scale", _scales(model, weights))
    if "outgoing_norm" in wanted:
        _add(found, "outgoing_norm", _outgoing_norms(model, weights))
    if "synaptic_flow" in wanted:
        flows = synaptic_flow(model, layers)
        _add(found, "synaptic_flow", {slot(i, k): flows[k] for i in layers for k in i.kernels})
    return found


def _add(found: Statistics, name: str, values: Mapping[str, Array]) -> None:
    for path, value in values.items():
        found[path][name] = value


def _scales(model: Model, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Return γ of the normalisation behind each layer that has one."""
    paths = {id(variable): path for path, variable in variables(model).items()}
    graph = read_graph(model)
    found = {}
    for path, chain in chains(graph).items():
        gamma = scale_of(chain)
        if gamma is not None:
            found[path] = weights[paths[id(gamma)]]
    return found


def _outgoing_norms(model: Model, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Return ‖w‖₂ over all weights that read each unit, of layers whose units are read by any."""
    found = {}
    for path, readers in readers_of_units(model).items():
        squares = np.zeros(readers.size)
        for part in readers.slices:
            kernel = np.moveaxis(weights[part.path].astype(np.float64), part.axis, 0)
            sums = (kernel.reshape(len(kernel), -1) ** 2).sum(axis=1)
            mine = part.units >= 0
            np.add.at(squares, part.units[mine], sums[mine])
        if readers.slices:
            found[path] = np.sqrt(squares)
    return found
