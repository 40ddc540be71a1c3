"""Criteria by gradients ask first whether gradients reach the layers that outputs hang on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.listing import LayerInfo
from explainprune.network.statistics.taps import Tap
from explainprune.network.statistics.unit_sums import SLOPES
from explainprune.network.tracing.dependence import needed
from explainprune.network.tracing.reaching import of_gradients
from explainprune.network.tracing.reaching.flow import Flow
from explainprune.network.tracing.reaching.reach import named
from explainprune.network.tracing.reaching.spreading import one_row


class NoWayBack(ValueError):
    """A layer that outputs hang on gets no gradient."""


def check_way_back(starts: Mapping[str, Collection[Any]], outputs: Collection[Any]) -> None:
    """Raise if outputs hang on a layer that no gradient of theirs reaches.

    Its scores would be zero, and it would be the first to be pruned.

    Parameters
    ----------
    starts : mapping of str to collection of tensor
        By the layer's path: its weights, or what it outputs, in the graph that is being traced.
    outputs : collection of tensor

    Raises
    ------
    NoWayBack
        Naming the layer and the operation at which the gradient ends.
    """
    operations, stops = list(tf.compat.v1.get_default_graph().get_operations()), of_gradients()
    ends = needed(outputs)
    for path, tensors in starts.items():
        flow = Flow(stops)
        own = flow.marks.single(0)
        given = {t.ref(): np.broadcast_to(np.int32(own), one_row(t)) for t in tensors}
        if not any(flow.ends_anywhere(t, out, operations) for t in tensors for out in outputs):
            continue
        marks = flow.follow(given, operations, ends)
        arrived = [marks[out.ref()] for out in outputs if out.ref() in marks]
        mark = flow.marks.all[flow.marks.whole(arrived)]
        if mark.on and not mark.by:
            place = min(place for _, place in mark.cut)
            raise NoWayBack(
                f"No gradient reaches layer {path!r}: the outputs hang on it only by "
                f"{named(flow.places[place])}, which has none. Scores by gradients would be zero."
            )


BY_KERNEL = ("kernel_gradient", "kernel_gradient_squared", "bias_gradient", "scale_gradient")


def check_layers(
    wanted: Collection[str],
    layers: Mapping[str, LayerInfo],
    variables: Mapping[str, Any],
    taps: Mapping[str, Collection[Tap]],
    outputs: Collection[Any],
) -> None:
    """Raise where a layer gets none of the gradients that wanted statistics are made of."""
    if not set(wanted).isdisjoint(BY_KERNEL):
        kernels = {path: info.kernel for path, info in layers.items() if info.kernel}
        check_way_back(captured({path: variables[k] for path, k in kernels.items()}), outputs)
    if not set(wanted).isdisjoint(SLOPES):
        check_way_back({p: [tap.activation for tap in t] for p, t in taps.items()}, outputs)


def captured(variables: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the tensors by which the graph being traced reads variables, by the same keys."""
    inside: dict[int, list[Any]] = {}
    for outer, inner in getattr(tf.compat.v1.get_default_graph(), "captures", ()):
        inside.setdefault(id(_eager(outer)), []).append(inner)
    found = {key: inside.get(id(each.value.handle), []) for key, each in variables.items()}
    return {key: tensors for key, tensors in found.items() if tensors}


def _eager(tensor: Any) -> Any:
    """Follow what a graph inside of another captures out to where it came from."""
    while hasattr(tensor, "op") and not hasattr(tensor, "numpy"):
        outside = [o for o, i in getattr(tensor.graph, "captures", ()) if i is tensor]
        if not outside:
            return tensor
        tensor = outside[0]
    return tensor
