"""Which features a method finds no way back to, though the output hangs on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from inspect import signature
from typing import Any

import numpy as np

from explainprune.analysis.attribution.deep_shap import deep_shap, multipliers_by
from explainprune.analysis.attribution.expected_gradients import expected_gradients
from explainprune.analysis.attribution.gradcam import gradcam
from explainprune.analysis.attribution.gradient import gradient
from explainprune.analysis.attribution.gradient_input import gradient_input
from explainprune.analysis.attribution.guided_backprop import guided_backprop
from explainprune.analysis.attribution.guided_gradcam import guided_gradcam
from explainprune.analysis.attribution.integrated_gradients import integrated_gradients
from explainprune.analysis.attribution.lrp import lrp, relevance_by
from explainprune.analysis.attribution.reading.batches import unwrapped
from explainprune.analysis.attribution.shap_package import shap_deep, shap_gradient
from explainprune.analysis.attribution.smoothgrad import smoothgrad
from explainprune.network import Network, feature_maps_of, gauss_legendre, guided_of
from explainprune.network.functions.text import refuse_text
from explainprune.network.integrals import slopes
from explainprune.types import Array

Found = dict[int, str]
"""Features, each with the operation at which its way ends."""

NOTABLE = 0.02
"""Share of the output's change beyond which ways that weren't followed are worth a note."""


def _of_gradients(network: Any, options: Mapping[str, Any]) -> Any:
    refuse_text(network)
    return getattr(network, "reach", None)


def _of_multipliers(network: Any, options: Mapping[str, Any]) -> Any:
    return multipliers_by(network, options["fallback"], options["max_pool"]).reach


def _of_relevance(network: Any, options: Mapping[str, Any]) -> Any:
    return relevance_by(network, options["rule"], options["epsilon"]).reach


def _of_guided(network: Any, options: Mapping[str, Any]) -> Any:
    return guided_of(network)[0].reach


WAYS: dict[Callable[..., Any], Callable[[Any, Mapping[str, Any]], Any]] = {
    **dict.fromkeys(
        (expected_gradients, gradient, gradient_input, integrated_gradients, shap_deep,
         shap_gradient, smoothgrad),
        _of_gradients,
    ),
    deep_shap: _of_multipliers,
    lrp: _of_relevance,
    guided_backprop: _of_guided,
    guided_gradcam: _of_guided,
}  # fmt: skip
"""Methods that go back from the output, and what tells how far each of them gets."""


def sums_features(method: Callable[..., Any]) -> bool:
    """Whether a method explains features one by one: a player's value is the sum of theirs."""
    return method in WAYS or "players" not in signature(method).parameters


def ways_back(
    method: Callable[..., Any],
    network: Network,
    options: Mapping[str, Any],
    outputs: Iterable[int],
    owners: Array | None,
) -> tuple[Found, Found]:
    """Return the features that a method finds no way back to, and those that it reaches in part.

    Parameters
    ----------
    method : callable
    network : Network
        What the method sees.
    options : mapping
        The method's own, defaults included.
    outputs : iterable of int
        Those that are explained.
    owners : ndarray of int (network.n_inputs,), optional
        The feature that each of the network's inputs belongs to.
    """
    if method not in WAYS:
        return {}, {}
    reach = WAYS[method](unwrapped(network), options)
    return ({}, {}) if reach is None else reach.of(outputs, owners)


def blind_maps(method: Callable[..., Any], network: Any, layer: str | None, name: str) -> None:
    """Raise where the output hangs on feature maps that no gradient reaches."""
    if method not in (gradcam, guided_gradcam):
        return
    maps = feature_maps_of(unwrapped(network), layer)
    ends = [op for lost in maps.reach.lost for op in lost.values()]
    if ends:
        raise ValueError(
            f"{name} weights the maps of layer {maps.layer!r} by their gradient, and none reaches "
            f"them: the output hangs on them by {ends[0]}, which has no gradient. Name a later "
            "layer by layer=, or use method='occlusion', which only evaluates the model."
        )


def moves(network: Network, x: Array, background: Array, features: Collection[int]) -> bool:
    """Tell whether the outputs of any row change when some features become those of a background.

    A way through weights of zero is none, and a feature that equals its background has no say.
    """
    rows, reference = x[:16], background[:8]
    mixed = np.repeat(rows, len(reference), axis=0)
    columns = sorted(features)
    mixed[:, columns] = np.tile(reference, (len(rows), 1))[:, columns]
    own = np.repeat(network.outputs(rows), len(reference), axis=0)
    return bool(np.abs(network.outputs(mixed) - own).max() > 1e-5 * np.abs(own).max())


def missed(network: Network, x: Array, background: Array, targets: Array | None) -> float:
    """Measure which share of the output's change gradients don't add up to, on a few rows.

    Zero where it is down to how finely the path was cut: more nodes come nearer then.
    """
    count = min(4, len(x))
    ends = background[np.arange(count) % len(background)]
    change = network.outputs(x[:count]) - network.outputs(ends)
    own = np.arange(network.n_outputs)[None] if targets is None else targets[:count, None]
    change = np.take_along_axis(change, np.broadcast_to(own, (count, own.shape[1])), axis=1)
    start, step = ends, x[:count] - ends
    gaps = []
    for steps in (16, 64):
        nodes, weights = gauss_legendre(steps)
        points = start[:, None] + nodes[:, None].astype(step.dtype) * step[:, None]
        picked = None if targets is None else np.repeat(targets[:count], steps)
        along = slopes(network, points.reshape(-1, step.shape[1]), picked)
        each = along.reshape(count, steps, step.shape[1], -1)
        total = np.einsum("psdk,s,pd->pk", each, weights, step)
        gaps.append(float(np.abs(change - total).max()))
    largest = float(np.abs(change).max())
    if largest == 0 or abs(gaps[0] - gaps[1]) > 0.5 * gaps[1]:
        return 0.0
    return gaps[1] / largest


def listed(network: Network, found: Found, names: tuple[str, ...] | None) -> str:
    """Name features by what callers call them: the first three, and how many there are."""
    known = _labels(network, names)
    shown = [known(feature) for feature in sorted(found)[:3]]
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return f"{'feature' if len(found) == 1 else 'features'} {', '.join(shown)}{more}"


def _labels(network: Any, names: tuple[str, ...] | None) -> Callable[[int], str]:
    """Return what features are called: a column, or a place in an input."""
    if names is not None and len(names) == network.n_inputs:
        return lambda feature: repr(names[feature])
    parts = getattr(getattr(network, "signature", None), "parts", ())
    if len(parts) < 2:
        return str

    def label(feature: int) -> str:
        for part in parts:
            if feature < part.size:
                return f"{part.name!r}[{feature}]"
            feature -= part.size
        return str(feature)

    return label


def operations(found: Found) -> str:
    """Name the operations at which ways end: the first two, and how many there are."""
    each = list(dict.fromkeys(found.values()))
    return " and ".join(each[:2]) + (f" and {len(each) - 2} more" if len(each) > 2 else "")
