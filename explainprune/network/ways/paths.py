"""What lies on a way from an input to an output, through weights that aren't zero."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call, Graph, read_graph
from explainprune.network.layers.activations import mixes_units
from explainprune.network.layers.links import Channels, Everything, Link, Matrix, sized
from explainprune.network.layers.registry import kind_of
from explainprune.network.listing import LayerInfo, layers
from explainprune.network.protocol import Model
from explainprune.types import Array

Links = list[tuple[Call, list[list[Link]]]]

Ways = dict[int, Array]
"""By tensor, (1, *its shape): 1 where a way leads to or from it, else 0."""


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
    exact : bool
        Whether all this is exact. Otherwise convolutions were told apart by channel, not by
        place, and layers that aren't known were taken to pass everything.
    """

    inputs: Array
    units: dict[str, Array]
    connections: int
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
    links = [(call, _links(graph, call)) for call in graph.calls]
    reached, needed = _reached(graph, links), _needed(graph, links)
    return Liveness(
        inputs=np.concatenate([needed[n].ravel() > 0 for n in graph.inputs]),
        units=_units(graph, layers(model), reached, needed),
        connections=_connections(graph, reached, needed),
        exact=all(link.exact for _, of_call in links for each in of_call for link in each),
    )


def ones(graph: Graph, number: int) -> Array:
    """Return a one for each number of a tensor."""
    return np.ones((1, *sized(graph.shapes[number])))


def _links(graph: Graph, call: Call) -> list[list[Link]]:
    """Return how each output of a call hangs together with each tensor that it reads.

    Dense layers, sums, scales and moves are exact. Convolutions and pooling tell channels apart,
    not places. Of anything else every output is taken to read every input. At the model's output
    a softmax is no way from one unit to another.
    """
    read = [sized(graph.shapes[number]) for number in call.read]
    outputs = [sized(shape) for shape in call.shapes_out]
    known, count = kind_of(call.operation), len(call.inputs)
    found = None
    if known.links is not None and len(outputs) == 1:
        found = known.links(call, read[:count], outputs[0])
    if found is None:
        return [[Everything(shape, out) for shape in read] for out in outputs]
    at_end = set(call.outputs) <= set(graph.outputs)
    if known.activates and not at_end and mixes_units(call.operation):
        found = [_mixed(link) for link in found]
    return [[*found, *(Everything(mask, outputs[0]) for mask in read[count:])]]


def _mixed(link: Link) -> Link:
    """Let every output that a softmax makes read what any of them does."""
    if not isinstance(link, Matrix | Channels):
        return link
    return replace(link, ways=np.minimum(link.ways @ np.ones((link.ways.shape[1],) * 2), 1))


def _reached(graph: Graph, links: Links) -> Ways:
    """Carry ones from the inputs to every tensor: 1 where some way leads, else 0."""
    values = {number: ones(graph, number) for number in graph.inputs}
    for call, of_call in links:
        for number, of_output in zip(call.outputs, of_call, strict=True):
            pairs = zip(of_output, call.read, strict=True)
            total = sum(link.forward(values[n]) for link, n in pairs)
            shape = (1, *sized(graph.shapes[number]))
            values[number] = np.broadcast_to(np.minimum(total, 1), shape)
    return values


def _needed(graph: Graph, links: Links) -> Ways:
    """Carry ones from the outputs back to every tensor."""
    values = {number: 0 * ones(graph, number) for number in range(len(graph.shapes))}
    for number in graph.outputs:
        values[number] = ones(graph, number)
    for call, of_call in reversed(links):
        for number, of_output in zip(call.outputs, of_call, strict=True):
            for link, source in zip(of_output, call.read, strict=True):
                values[source] = np.minimum(values[source] + link.backward(values[number]), 1)
    return values


def _units(
    graph: Graph, infos: tuple[LayerInfo, ...], reached: Ways, needed: Ways
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
        if mixes_units(call.operation) and number not in graph.outputs:
            needs = np.full_like(needs, needs.any())
        each = needs.shape[-1] // info.units
        live = ((reached[number] > 0) & needs).reshape(-1, info.units, each).any(axis=(0, 2))
        found[info.path] = np.asarray(live | found.get(info.path, np.zeros(info.units, bool)))
    return found


def _connections(graph: Graph, reached: Ways, needed: Ways) -> int:
    """Count kernel entries that aren't zero and lie on a way, each once."""
    used: dict[int, Array] = {}
    for call in graph.calls:
        if not call.is_layer:
            continue
        given = reached[call.inputs[0]] > 0
        wanted = needed[call.outputs[0]] > 0
        if mixes_units(call.operation) and call.outputs[0] not in graph.outputs:
            wanted = np.full_like(wanted, wanted.any())
        for kernel, mask in _used_entries(call, _any(given), _any(wanted)):
            used[id(kernel)] = used.get(id(kernel), False) | mask
    return int(sum(mask.sum() for mask in used.values()))


def _any(values: Array) -> Array:
    """Reduce (1, places…, channels) to channels."""
    return np.asarray(values.reshape(-1, values.shape[-1]).any(axis=0))


def _used_entries(call: Call, given: Array, wanted: Array) -> list[tuple[Any, Array]]:
    """Return, for each kernel of a layer, which entries join a given input to a wanted output."""
    used = kind_of(call.operation).used
    if used is not None:
        return used(call, given, wanted)
    passes = bool(given.any() and wanted.any())
    kernels = [weight for weight in call.operation.weights if weight.name.endswith("kernel")]
    return [(kernel, (kernel.numpy() != 0) & passes) for kernel in kernels]
