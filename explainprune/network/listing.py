"""The layers of a model in the order they run, with where their units and weights are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from explainprune.network.graph.graph import Graph, read_graph
from explainprune.network.graph.nodes import has_graph
from explainprune.network.layers.kind import UNKNOWN, Kind
from explainprune.network.layers.registry import kind_of
from explainprune.network.protocol import Model
from explainprune.network.variables import located_layers, own_variables, variables
from explainprune.types import Array


@dataclass(frozen=True)
class LayerInfo:
    """What is known about one layer.

    Attributes
    ----------
    path : str
        Names of the nested models and the layer, joined with ``/``.
    kind : str
        Class name, to be read: ``"Dense"``, ``"Conv2D"``, …
    family : Kind
        What is known of its class; a user's may bear the name of one of Keras' own.
    kernel, bias : str or None
        Variable paths. Where a layer has several kernels, `kernel` is the one that makes its
        outputs (pointwise in a separable convolution).
    further : tuple of str
        Variable paths of its other kernels: depthwise, recurrent.
    unit_axis : int
        Axis of the kernel along which the units lie: the last; the one before in transposed and
        depthwise convolutions. 0 without a kernel.
    units : int
        Length of that axis (size of the layer's last axis without a kernel; 0 if not known).
    is_output : bool
        Whether its units are the model's outputs, looking back from them through everything that
        has no kernel: activations, pooling, flattening, dropout, sums.
    prunable : bool
        Whether it has kernels whose entries can be removed.
    prunable_units : bool
        Whether its units can be removed one by one: Dense and (separable, transposed) Conv layers
        that are part of the graph.
    trainable : bool
    calls : int
        How often it is called; 0 inside a layer that isn't opened.
    held : int
        Of a layer inside another of Keras' own (a recurrent layer, TimeDistributed, attention): how
        many units, or heads, of that one its kernels hold; 0 for all others.
    """

    path: str
    kind: str
    family: Kind = field(default=UNKNOWN, repr=False)
    kernel: str | None = None
    bias: str | None = None
    further: tuple[str, ...] = ()
    unit_axis: int = 0
    units: int = 0
    is_output: bool = False
    prunable: bool = False
    prunable_units: bool = False
    trainable: bool = True
    calls: int = 0
    held: int = 0

    @property
    def has_units(self) -> bool:
        """Whether something it holds can be removed unit by unit."""
        return self.prunable_units or self.held > 0

    def axis_of(self, kernel: str, rank: int) -> int:
        """Return the axis along which units lie, of the kernel of `rank` axes under a path."""
        if kernel == self.kernel:
            return self.unit_axis
        return rank - 2 if kernel.endswith("depthwise_kernel") else rank - 1

    @property
    def kernels(self) -> tuple[str, ...]:
        """Paths of all its kernels."""
        return () if self.kernel is None else (self.kernel, *self.further)


def layers(model: Model) -> tuple[LayerInfo, ...]:
    """List the layers of `model` in the order they run, nested models opened.

    Layers that hold others (attention, Bidirectional, TimeDistributed, custom ones) are followed
    by those they hold. A subclassed model has no graph: its layers come in the order in which
    they were made, and the last with a kernel counts as the output.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    tuple of LayerInfo

    Raises
    ------
    ValueError
        If the model was never built.
    """
    paths = {id(variable): path for path, variable in variables(model).items()}
    if not has_graph(model):
        found = [_info(path, layer, paths) for path, layer in located_layers(model)]
        last = [info.path for info in found if info.prunable][-1:]
        return tuple(replace(info, is_output=info.path in last) for info in found)
    graph = read_graph(model)
    outputs = _output_paths(graph)
    found = [_info(path, layer, paths, graph) for path, layer in _in_order(model, graph)]
    return tuple(
        replace(info, is_output=info.prunable and not outputs.isdisjoint(prefixes(info.path)))
        for info in found
    )


def prunable_layers(model: Model) -> tuple[LayerInfo, ...]:
    """List the layers that have a kernel, those at the outputs included (`is_output` tells)."""
    return tuple(info for info in layers(model) if info.prunable)


def _in_order(model: Model, graph: Graph) -> Iterator[tuple[str, Any]]:
    """Yield the layers of the graph when they are first called, each before those it holds."""
    held = dict(located_layers(model))
    called = graph.of_layer
    for path in called:
        yield path, held.pop(path)
        inner = [below for below in held if below.startswith(f"{path}/") and below not in called]
        for below in inner:
            yield below, held.pop(below)


def _info(path: str, layer: Any, paths: dict[int, str], graph: Graph | None = None) -> LayerInfo:
    own = {v.name: v for v in own_variables(layer) if id(v) in paths}
    kind, family = type(layer).__name__, kind_of(layer)
    calls = graph.of_layer.get(path, []) if graph else []
    kernels = [own[name] for name in own if name.endswith("kernel")]
    # The kernel that makes the outputs comes first: a separable layer keeps it second.
    kernels.sort(key=lambda v: v.name not in ("kernel", "pointwise_kernel"))
    bias = paths[id(own["bias"])] if "bias" in own else None
    if not kernels:
        last = calls[0].shapes_out[0][1:][-1:] if calls else ()
        units = int((last[0] if last else 0) or 0)
        return LayerInfo(path, kind, family, bias=bias, units=units, calls=len(calls))
    axis = family.unit_axis(kernels[0].name) % len(kernels[0].shape)
    return LayerInfo(
        path=path,
        kind=kind,
        family=family,
        kernel=paths[id(kernels[0])],
        bias=bias,
        further=tuple(paths[id(kernel)] for kernel in kernels[1:]),
        unit_axis=axis,
        units=int(kernels[0].shape[axis]),
        prunable=True,
        prunable_units=family.has_units and bool(calls),
        trainable=bool(layer.trainable),
        calls=len(calls),
        held=_held(path, family, kernels[0].shape, graph) if graph else 0,
    )


def _held(path: str, family: Kind, shape: tuple[int, ...], graph: Graph) -> int:
    """Return how many units of the layer that was called a kernel inside it holds."""
    holder = next((c for c in graph.calls if path.startswith(f"{c.path}/")), None)
    if holder is None:
        return 0
    holds = kind_of(holder.operation).holds
    return 0 if holds is None else holds(path.removeprefix(f"{holder.path}/"), family, shape)


def as_units(info: LayerInfo, kernel: Array) -> Array:
    """Lay one of a held layer's kernels out as (incoming weights, units).

    Parameters
    ----------
    info : LayerInfo
        With `held` above 0.
    kernel : ndarray
        Shaped like one of its kernels.
    """
    if kernel.ndim == 3 and info.path.endswith(("query_dense", "key_dense", "value_dense")):
        kernel = np.swapaxes(kernel, 1, 2)
    elif not info.family.gates:
        kernel = np.moveaxis(kernel, info.family.unit_axis(), -1)
    return kernel.reshape(-1, info.held)


def _output_paths(graph: Graph) -> set[str]:
    """Walk back from the outputs through what has no kernel; return the layers that have one."""
    maker = {number: call for call in graph.calls for number in call.outputs}
    found: set[str] = set()
    seen: set[int] = set()
    stack = list(graph.outputs)
    while stack:
        number = stack.pop()
        if number in seen or number not in maker:
            continue
        seen.add(number)
        call = maker[number]
        if call.is_layer and any(w.name.endswith("kernel") for w in call.operation.weights):
            found.add(call.path)
        else:
            stack.extend(call.read)
    return found


def prefixes(path: str) -> set[str]:
    """Return a path and the paths of all that hold it."""
    parts = path.split("/")
    return {"/".join(parts[: end + 1]) for end in range(len(parts))}
