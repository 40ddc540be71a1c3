"""Which kernel entries lie on a way from an input to an output."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call, Graph
from explainprune.network.layers.activations import mixes_units
from explainprune.network.layers.registry import kind_of
from explainprune.types import Array


def count_connections(graph: Graph, reached: dict[int, Array], needed: dict[int, Array]) -> int:
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
