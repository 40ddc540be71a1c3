"""A model that is no better than chance, but as near to the dense one as the pruned is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from explainprune import network
from explainprune.analysis.comparison.case import subjects_of
from explainprune.analysis.comparison.subjects import Subject, subject
from explainprune.analysis.metrics import METRICS
from explainprune.network import Model
from explainprune.types import Array, Data

HALVINGS = 30
LARGEST = 64.0
"""Noise of so many standard deviations leaves nothing of the weights."""


def matched(
    dense: Model, pruned: Model, data: Data, seed: int, threshold: float | None = None
) -> Model:
    """Return the dense model with noise on its weights that changes as many predictions.

    Its size is found by bisection on the scored rows: churn as near as rows allow to that between
    the dense and the pruned model; in a regression, as much of the output's variance lost.
    Of two classes, `threshold` is the chance of the second from which on it is predicted.

    Raises
    ------
    ValueError
        If the pruned model changes no prediction, or no noise changes as many.
    """
    seen, task = subjects_of({"dense": dense, "pruned": pruned}, data)
    cut = None if threshold is None else (1, threshold)
    seen = [replace(each, cut=cut) for each in seen]
    differs = _churn if task == "classification" else _lost
    target = differs(seen[0], seen[1])
    if not target > 0:
        raise ValueError("the pruned model changes no prediction: there is nothing to match.")
    sized = network.with_noise(dense, seed)
    carrier = replace(subject("matched_churn", sized(0.0), data.x, seen[0].kind, task), cut=cut)

    def difference(size: float) -> float:
        sized(size)  # the carrier's network reads the weights as they are now
        outputs = carrier.network.outputs(carrier.x)
        return differs(seen[0], replace(carrier, outputs=outputs))

    return sized(nearest(difference, target))


def nearest(difference: Callable[[float], float], target: float) -> float:
    """Return the size, of those that a bisection tries, whose difference is nearest to `target`.

    `difference` rises from 0 on the whole, not at every step; of equally near sizes the smallest.

    Raises
    ------
    ValueError
        If no size up to `LARGEST` reaches the target.

    Examples
    --------
    >>> round(nearest(lambda size: size**2, 0.25), 6)
    0.5
    """
    tried: dict[float, float] = {}
    high = 1 / 64
    while tried.setdefault(high, difference(high)) < target:
        high *= 2
        if high > LARGEST:
            raise ValueError(f"no noise on the dense weights changes as much as {target:.3g}.")
    low = 0.0
    for _ in range(HALVINGS):
        if target in tried.values():
            break
        middle = (low + high) / 2
        tried[middle] = difference(middle)
        low, high = (middle, high) if tried[middle] < target else (low, middle)
    return min(tried, key=lambda size: (abs(tried[size] - target), size))


def _churn(a: Subject, b: Subject) -> float:
    return float(np.mean(METRICS["churn"](a.deciding, b.deciding)))


def _lost(a: Subject, b: Subject) -> float:
    """Return the mean squared difference relative to the variance of `a`'s outputs."""
    ours, theirs = (np.asarray(each.outputs, dtype=np.float64) for each in (a, b))
    spread: Array = ours.var(axis=0)
    return float((np.square(ours - theirs).mean(axis=0) / np.where(spread > 0, spread, 1)).mean())
