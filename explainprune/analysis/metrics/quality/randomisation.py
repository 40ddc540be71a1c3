"""Randomised parameters: an explanation of what a model learned must not survive without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from explainprune.analysis.metrics.agreement.ranks import signed_rank_correlation
from explainprune.network import Network
from explainprune.types import Array, metric

Explain = Callable[..., Array]
"""``explain(rows, targets, weights=None)`` → values: with some weights replaced, if given."""
Similarity = Callable[..., Array]


@metric(
    "correlation",
    "Survives cascading randomisation",
    "similarity to the explanation without what was learned, over layers from the output",
    better="less",
)
def cascading_randomisation(
    network: Network,
    x: Array,
    targets: Array,
    explain: Explain | None,
    *,
    similarity: Similarity = signed_rank_correlation,
    seed: int = 0,
) -> Array:
    """Return how alike explanations stay as layers are redrawn one by one, from the output down.

    A layer's weights are drawn anew from its own initialisers and stay so while the next is drawn;
    after each, the same rows are explained with the same draws and targets. The mean similarity
    over all layers; `randomised_layers` has each of them.

    Parameters
    ----------
    network : Network
        Of a Keras model.
    x : ndarray (n, d)
    targets : ndarray of int (n,)
    explain : callable or None
        ``explain(rows, targets, weights=…)``: `compare` provides it.
    similarity : callable
        An agreement metric; by default the signed rank correlation.
    seed : int

    Returns
    -------
    ndarray (n,)
        In [−1, 1], near 0 for explanations that depend on what was learned, 1 for those that don't;
        an explanation that is 0 everywhere after a step is like nothing. NaN for a network without
        weights, or where the explanation itself is undefined.

    Notes
    -----
    Adebayo et al. 2018, arXiv:1810.03292; Hedström et al. 2024 (arXiv:2401.06465) on layer order.
    The work is one explanation for each layer that has weights.
    """
    return _mean(randomised_layers(network, x, targets, explain, True, similarity, seed), len(x))


@metric(
    "correlation",
    "Survives independent randomisation",
    "similarity to the explanation with one layer redrawn, over layers",
    better="less",
)
def independent_randomisation(
    network: Network,
    x: Array,
    targets: Array,
    explain: Explain | None,
    *,
    similarity: Similarity = signed_rank_correlation,
    seed: int = 0,
) -> Array:
    """Return how alike explanations stay when one layer at a time is redrawn.

    Parameters
    ----------
    network, x, targets, explain, similarity, seed
        As for `cascading_randomisation`; all other layers keep what they learned.

    Returns
    -------
    ndarray (n,)
        In [−1, 1]; NaN as for `cascading_randomisation`.

    Notes
    -----
    Adebayo et al. 2018, arXiv:1810.03292.
    """
    return _mean(randomised_layers(network, x, targets, explain, False, similarity, seed), len(x))


def randomised_layers(
    network: Network,
    x: Array,
    targets: Array,
    explain: Explain | None,
    cascading: bool = True,
    similarity: Similarity = signed_rank_correlation,
    seed: int = 0,
) -> dict[str, Array]:
    """Return the similarity of each row's explanation after each layer, from the output down.

    Returns
    -------
    dict of str to ndarray (n,)
        By the layer that was redrawn; empty for a network without weights.
    """
    model: Any = getattr(network, "model", None)
    if model is None or explain is None:
        return {}
    own = np.asarray(explain(x, targets), dtype=np.float64)
    found = {}
    for layer, weights in _redrawn(model, cascading, seed):
        other = np.asarray(explain(x, targets, weights=weights), dtype=np.float64)
        alike = np.asarray(similarity(own, other, k=1), dtype=np.float64)
        gone = own.any(axis=1) & ~other.any(axis=1)
        found[layer] = np.where(gone, 0.0, alike)
    return found


def _redrawn(model: Any, cascading: bool, seed: int) -> Iterator[tuple[str, Mapping[str, Array]]]:
    """Yield each layer with the weights to replace, from the output down."""
    from explainprune.network import redrawn_by_layer

    replaced: dict[str, Array] = {}
    for layer, weights in redrawn_by_layer(model, seed_of(seed)):
        replaced = {**replaced, **weights} if cascading else dict(weights)
        yield layer, replaced


def seed_of(seed: int) -> int:
    """Return the seed that layers are drawn with: not that which a model may have begun with."""
    return int(np.random.default_rng([seed, *b"randomised layers"]).integers(2**31))


def _mean(found: Mapping[str, Array], n: int) -> Array:
    if not found:
        return np.full(n, np.nan)
    return np.asarray(np.mean(list(found.values()), axis=0))
