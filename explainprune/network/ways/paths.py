"""What lies on a way from an input to an output, through weights that aren't zero."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from explainprune.network.graph.graph import Graph, read_graph
from explainprune.network.layers.linking import mixes_units, sized
from explainprune.network.listing import LayerInfo, layers
from explainprune.network.protocol import Model
from explainprune.network.ways.connections import count_connections
from explainprune.network.ways.flow import Counts, Flow, ones
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Liveness:
    """What still takes part.

    Attributes
    ----------
    inputs : ndarray of bool (d,)
        Whether each input feature has a way to an output.
    units : dict of str to ndarray of bool (units,)
        For each layer with a kernel: whether a unit has a way from an input and to an output.
    connections : int
        Kernel entries that aren't zero and lie on a way from an input to an output.
    support : ndarray of bool (last hidden units, d), or None
        Which inputs have a way to each number that the last Dense layer reads; None unless the
        model is made of Dense layers, sums and moves, with one Dense layer at its output.
    exact : bool
        Whether all this is exact. Otherwise convolutions were told apart by channel, not by
        place, and layers that aren't known were taken to pass everything.
    """

    inputs: Array
    units: dict[str, Array]
    connections: int
    support: Array | None
    exact: bool


def liveness(model: Model) -> Liveness:
    """Find what lies on a way from an input to an output.

    Biases make no way. A layer that isn't a Dense layer, a convolution, an element-wise function,
    pooling, a sum or a move (attention, recurrence, Lambda, custom layers) is taken to lead from
    each of its inputs to each of its outputs, and all its weights that aren't zero count.

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional.

    Raises
    ------
    ValueError
        If the model is subclassed, so that it has no graph.

    Examples
    --------
    >>> from explainprune.network.building import perceptron
    >>> from explainprune.network import apply_masks
    >>> masks = {"hidden_1/kernel": np.array([[True, False], [False, False], [True, True]])}
    >>> found = liveness(apply_masks(perceptron(3, 1, hidden=(2,)), masks))
    >>> found.inputs, found.connections
    (array([ True, False,  True]), 5)
    """
    graph = read_graph(model)
    flow = Flow(graph)
    reached = flow.forward(ones(graph, graph.inputs), most=1)
    needed = flow.backward(ones(graph, graph.outputs), most=1)
    infos = layers(model)
    return Liveness(
        inputs=np.concatenate([needed[n].ravel() > 0 for n in graph.inputs]),
        units=_units(graph, infos, reached, needed),
        connections=count_connections(graph, reached, needed),
        support=_support(graph, flow, infos),
        exact=flow.exact,
    )


@dataclass(frozen=True, eq=False)
class PathCounts:
    """How many ways lead through each part, along weights that aren't zero.

    Attributes
    ----------
    inputs : ndarray (d,)
        Ways from each input feature to any output.
    units : dict of str to ndarray (units,)
        Ways from any input to any output through each unit.
    total : float
        All ways. Counts are floats: exact up to 2**53, and finite far beyond.
    """

    inputs: Array
    units: dict[str, Array]
    total: float


def path_counts(model: Model) -> PathCounts:
    """Count the ways from inputs to outputs in a model of Dense layers, sums and moves.

    Raises
    ------
    ValueError
        If the model has other layers, for which ways aren't counted.

    Examples
    --------
    >>> from explainprune.network.building import perceptron
    >>> path_counts(perceptron(3, 2, hidden=(4, 5))).total
    120.0
    """
    graph = read_graph(model)
    flow = Flow(graph)
    if not flow.exact:
        kinds = ", ".join(dict.fromkeys(flow.inexact))
        raise ValueError(
            f"Ways are counted through Dense layers, sums and moves only. Received: {kinds}."
        )
    reached = flow.forward(ones(graph, graph.inputs))
    needed = flow.backward(ones(graph, graph.outputs))
    units: dict[str, Array] = {}
    for info in layers(model):
        for call in graph.calls:
            if info.kernel and call.path == info.path:
                ways = (reached[call.outputs[0]] * needed[call.outputs[0]]).reshape(-1, info.units)
                units[info.path] = units.get(info.path, np.zeros(info.units)) + ways.sum(axis=0)
    return PathCounts(
        inputs=np.concatenate([needed[n].ravel() for n in graph.inputs]),
        units=units,
        total=float(sum(reached[n].sum() for n in graph.outputs)),
    )


def _units(
    graph: Graph, infos: tuple[LayerInfo, ...], reached: Counts, needed: Counts
) -> dict[str, Array]:
    found: dict[str, Array] = {}
    by_path = {info.path: info for info in infos if info.kernel}
    for call in graph.calls:
        info = by_path.get(call.path)
        number = call.outputs[0]
        # A layer whose output isn't laid out by unit (heads of attention) has no say here.
        if info is None or reached[number].shape[-1] % info.units:
            continue
        needs = needed[number] > 0
        if mixes_units(call) and number not in graph.outputs:
            needs = np.full_like(needs, needs.any())
        each = needs.shape[-1] // info.units
        live = ((reached[number] > 0) & needs).reshape(-1, info.units, each).any(axis=(0, 2))
        found[info.path] = np.asarray(live | found.get(info.path, np.zeros(info.units, bool)))
    return found


def _support(graph: Graph, flow: Flow, infos: tuple[LayerInfo, ...]) -> Array | None:
    """Carry each input feature on its own to what the last Dense layer reads."""
    heads = [info.path for info in infos if info.is_output]
    calls = [call for call in graph.calls if call.path in heads]
    if not flow.exact or len(calls) != 1 or calls[0].kind != "Dense":
        return None
    sizes = [math.prod(sized(graph.shapes[n])) for n in graph.inputs]
    eye = np.eye(sum(sizes))
    parts = np.split(eye, np.cumsum(sizes)[:-1], axis=1)
    start = [
        part.reshape(-1, *sized(graph.shapes[n]))
        for part, n in zip(parts, graph.inputs, strict=True)
    ]
    arrived = flow.forward(start, most=1)[calls[0].inputs[0]]
    return np.asarray(arrived.reshape(len(eye), -1).T > 0)
