"""Where a unit, or an input feature, is made and read: what must go for it to fall silent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import prod

import numpy as np

from explainprune.network.graph.graph import Call, Graph, read_graph
from explainprune.network.listing import LayerInfo, layers
from explainprune.network.protocol import Model
from explainprune.network.variables import variables
from explainprune.network.ways.carrying import Carried, Slices, made_by, read_by, through
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Reach:
    """What a layer's units (or an input's features) touch.

    Attributes
    ----------
    size : int
        How many units or features.
    own : tuple of Slices
        What makes them: kernel, bias, and normalisation parameters and depthwise filters on the
        way.
    read_by : tuple of Slices
        Kernels of the layers that read them.
    stops : tuple of str
        Layers and ops they reach otherwise: sums, attention, whatever is not known.
    zero_at_stops : bool
        Whether a unit whose `own` entries are zero arrives at all of those as exactly 0.
    """

    size: int
    own: tuple[Slices, ...] = ()
    read_by: tuple[Slices, ...] = ()
    stops: tuple[str, ...] = ()
    zero_at_stops: bool = True


@dataclass
class _Found:
    """A `Reach` in the making."""

    size: int
    own: list[Slices] = field(default_factory=list)
    read_by: list[Slices] = field(default_factory=list)
    stops: dict[str, bool] = field(default_factory=dict)

    def reach(self) -> Reach:
        zero = all(self.stops.values())
        return Reach(self.size, tuple(self.own), tuple(self.read_by), tuple(self.stops), zero)


def unit_reach(model: Model) -> dict[str, Reach]:
    """Follow the units of each layer whose units can be removed one by one, outputs included.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    dict of str to Reach
        By layer path, in the order the layers run.

    Raises
    ------
    ValueError
        If the model has no layer graph (subclassed).
    """
    infos = {info.path: info for info in layers(model) if info.prunable_units}
    return _follow(model, read_graph(model), infos, {})


def input_reach(model: Model) -> dict[str, Reach]:
    """Follow every feature of each model input, laid flat; by input name.

    Raises
    ------
    ValueError
        If the model has no layer graph, or an input of unknown size.
    """
    graph = read_graph(model)
    start: dict[int, tuple[str, Array]] = {}
    for tensor, number in zip(model.inputs, graph.inputs, strict=True):
        shape = [size or 0 for size in graph.shapes[number][1:]]
        if 0 in shape:
            raise ValueError(
                f"Features of input {tensor.name!r} cannot be counted. "
                f"Received: shape={graph.shapes[number][1:]}."
            )
        start[number] = (tensor.name, np.arange(prod(shape)).reshape(shape))
    return _follow(model, graph, {}, start)


def _follow(
    model: Model,
    graph: Graph,
    infos: dict[str, LayerInfo],
    start: dict[int, tuple[str, Array]],
) -> dict[str, Reach]:
    """Carry units along the graph, noting what makes and what reads them."""
    paths = {id(variable): path for path, variable in variables(model).items()}
    uses = Counter(call.path for call in graph.calls)
    found = {name: _Found(units.size) for name, units in start.values()}
    found |= {path: _own(info) for path, info in infos.items()}
    carried = {n: {name: Carried(units, False)} for n, (name, units) in start.items()}
    for call in graph.calls:
        arriving = [carried.get(number, {}) for number in call.read]
        passed: dict[str, Carried] = {}
        for name in dict.fromkeys(name for part in arriving for name in part):
            here = [part.get(name) for part in arriving]
            units = _step(call, here, paths, uses[call.path] > 1, found[name])
            passed |= {} if units is None else {name: units}
        if call.path in infos:
            made = made_by(call, infos[call.path].units)
            if made is None:
                found[call.path].stops[call.path] = False
            else:
                passed[call.path] = made
        carried[call.outputs[0]] = passed
    return {name: each.reach() for name, each in found.items()}


def _own(info: LayerInfo) -> _Found:
    """Begin with a layer's kernel and bias."""
    assert info.kernel is not None
    each = np.arange(info.units)
    own = [Slices(info.kernel, info.unit_axis, each)]
    own += [Slices(info.bias, 0, each)] if info.bias else []
    return _Found(info.units, own)


def _step(
    call: Call, here: list[Carried | None], paths: dict[int, str], shared: bool, found: _Found
) -> Carried | None:
    """Take one source's units through one call: read there, passed on, or stopped."""
    read = () if shared else read_by(call, here, paths)
    if read:
        found.read_by += read
        return None
    own: list[Slices] = []
    passed = through(call, here, {} if shared else paths, own)
    if passed is None:
        arrived = [each.zero for each in here if each is not None]
        found.stops[call.path] = found.stops.get(call.path, True) and all(arrived)
    else:
        found.own += own
    return passed
