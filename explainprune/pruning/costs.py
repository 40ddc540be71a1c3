"""What a budget is spent on: one function for each, of a model and the masks put on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from explainprune.network.graph.graph import Call, read_graph
from explainprune.network.graph.nodes import has_graph
from explainprune.network.listing import layers
from explainprune.network.protocol import Model
from explainprune.network.shrinking.weighing import Left, left_by_shrinking
from explainprune.network.variables import variables, weights_of
from explainprune.network.ways.flops import flops_of
from explainprune.network.ways.size import bytes_gzip
from explainprune.pruning.pairing import Pairing, exact_cost, pairing
from explainprune.pruning.rows import Given
from explainprune.types import Array

Cost = Callable[[Model, Mapping[str, Array]], float]
"""From a model and masks by variable path to a number that falls as more is removed."""


def params_kept(model: Model, masks: Mapping[str, Array]) -> float:
    """Share of the parameters that are not masked: biases and normalisation included."""
    total = sum(int(np.prod(variable.shape)) for variable in variables(model).values())
    return 1 - sum(int((~mask).sum()) for mask in masks.values()) / total


def flops_kept(model: Model, masks: Mapping[str, Array]) -> float:
    """Share of the multiply-adds of one row whose weight is not masked.

    Counted as `size_of` does; what a unit removed saves its consumers is in it. A subclassed
    model's kernels count once for each entry.
    """
    if not has_graph(model):
        kernels = [path for info in layers(model) for path in info.kernels]
        held = variables(model)
        sizes = np.array([np.prod(held[path].shape) for path in kernels])
        shares = np.array([masks[p].mean() if p in masks else 1.0 for p in kernels])
        return float(sizes @ shares / sizes.sum())
    paths = {id(variable): path for path, variable in variables(model).items()}
    costs = [(flops_of(call), _share(call, masks, paths)) for call in read_graph(model).calls]
    return sum(cost * share for cost, share in costs) / sum(cost for cost, _ in costs)


def bytes_(model: Model, masks: Mapping[str, Array]) -> float:
    """Bytes of all weights as float32 through gzip, masked entries being 0."""
    held = weights_of(model).items()
    return bytes_gzip(np.where(masks.get(path, True), values, 0) for path, values in held)


def _params_left(model: Model) -> Callable[[Left], float]:
    total = sum(int(np.prod(variable.shape)) for variable in variables(model).values())
    return lambda left: left.params / total


def _flops_left(model: Model) -> Callable[[Left], float]:
    total = sum(flops_of(call) for call in read_graph(model).calls)
    return lambda left: left.flops / total


COSTS: dict[str, Cost] = {"params_kept": params_kept, "flops_kept": flops_kept, "bytes": bytes_}
"""Budgets that masks alone decide; ``"accuracy_drop"``, which needs training, comes beside them."""

LEFT: dict[str, Callable[[Model], Callable[[Left], float]]] = {
    "params_kept": _params_left,
    "flops_kept": _flops_left,
    "bytes": lambda model: lambda left: bytes_gzip(left.weights),
}
"""The same of what `shrink` leaves of a model, beside the model itself."""

COSTS_ON_ROWS: dict[str, Callable[[Model, Mapping[str, Array], Pairing], float]] = {
    "exact_cost": exact_cost
}
"""Budgets that are counted on pairs of rows as well, and span many orders of magnitude."""


def cost_of(name: str, model: Model, given: Given, *, shrinks: bool = False) -> Cost:
    """Return a cost as a function of a model and masks alone.

    With `shrinks` it is that of what `shrink` leaves, where shrinking changes it: of units, a
    removal counts as far as the model can be rebuilt without them.

    Raises
    ------
    ValueError
        If it needs rows and there are none.
    """
    if shrinks and name in LEFT:
        cost = LEFT[name](model)
        return lambda model, masks: cost(left_by_shrinking(model, masks))
    if name in COSTS:
        return COSTS[name]
    count, pairs = COSTS_ON_ROWS[name], pairing(model, given)
    return lambda model, masks: count(model, masks, pairs)


def _share(call: Call, masks: Mapping[str, Array], paths: Mapping[int, str]) -> float:
    """Return the share of a call's products whose weight is kept."""
    weights = list(call.operation.weights) if call.is_layer else []
    kernels = [weight for weight in weights if weight.name.endswith("kernel")]
    kept = [masks[path] for path in (paths[id(w)] for w in kernels or weights) if path in masks]
    if not kept:
        return 1.0
    if not kernels:  # a normalisation: its parameters go together
        return float(kept[0].mean())
    total = sum(int(np.prod(kernel.shape)) for kernel in kernels)
    return 1 - sum(int((~mask).sum()) for mask in kept) / total
