"""Which kernel entries lie on a way from an input to an output."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call, Graph
from explainprune.network.layers.families import CONV, DEPTHWISE, SEPARABLE, TRANSPOSED
from explainprune.network.layers.linking import mixes_units, nonzero
from explainprune.types import Array


def count_connections(graph: Graph, reached: dict[int, Array], needed: dict[int, Array]) -> int:
    """Count kernel entries that aren't zero and lie on a way, each once."""
    used: dict[int, Array] = {}
    for call in graph.calls:
        if not call.is_layer:
            continue
        given = reached[call.inputs[0]] > 0
        wanted = needed[call.outputs[0]] > 0
        if mixes_units(call) and call.outputs[0] not in graph.outputs:
            wanted = np.full_like(wanted, wanted.any())
        for kernel, mask in _used_entries(call, _any(given), _any(wanted)):
            used[id(kernel)] = used.get(id(kernel), False) | mask
    return int(sum(mask.sum() for mask in used.values()))


def _any(values: Array) -> Array:
    """Reduce (1, places…, channels) to channels."""
    return np.asarray(values.reshape(-1, values.shape[-1]).any(axis=0))


def _used_entries(call: Call, given: Array, wanted: Array) -> list[tuple[Any, Array]]:
    """Return, for each kernel of a layer, which entries join a given input to a wanted output."""
    layer, kind = call.operation, call.kind
    if kind == "Dense" or kind in CONV | TRANSPOSED:
        kernel = nonzero(layer.kernel) > 0
        if kind in TRANSPOSED:
            return [(layer.kernel, kernel & wanted[:, None] & given)]
        # Each group of outputs reads its own group of inputs.
        groups = len(given) // kernel.shape[-2]
        of_output = given.reshape(groups, -1).repeat(kernel.shape[-1] // groups, axis=0).T
        return [(layer.kernel, kernel & of_output & wanted)]
    if kind in DEPTHWISE:
        kernel = nonzero(layer.kernel) > 0
        return [(layer.kernel, kernel & given[:, None] & wanted.reshape(kernel.shape[-2:]))]
    if kind in SEPARABLE:
        return _used_in_separable(layer, given, wanted)
    passes = bool(given.any() and wanted.any())
    kernels = [weight for weight in layer.weights if weight.name.endswith("kernel")]
    return [(kernel, (nonzero(kernel) > 0) & passes) for kernel in kernels]


def _used_in_separable(layer: Any, given: Array, wanted: Array) -> list[tuple[Any, Array]]:
    depthwise, pointwise = nonzero(layer.depthwise_kernel) > 0, nonzero(layer.pointwise_kernel) > 0
    inner = depthwise.shape[-2:]
    arrives = (depthwise.reshape(-1, *inner).any(axis=0) & given[:, None]).ravel()
    leaves = (pointwise.reshape(-1, *pointwise.shape[-2:]) & wanted).any(axis=(0, 2))
    return [
        (layer.depthwise_kernel, depthwise & given[:, None] & leaves.reshape(inner)),
        (layer.pointwise_kernel, pointwise & arrives[:, None] & wanted),
    ]
