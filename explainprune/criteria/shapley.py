"""Shapley: what a unit saves of the loss, on average over all orders of adding the units."""

from __future__ import annotations

import math

import numpy as np

from explainprune.network.statistics.probed import Probed
from explainprune.types import Array

EXACT_UNITS = 12
"""Up to so many units all coalitions are run."""


def shapley(
    probe: Probed, rng: np.random.Generator, tolerance: float = 0.05, most_pairs: int = 64
) -> Array | tuple[Array, Array]:
    """Shapley values of the game ``v(S) = −L`` with the units outside S at zero.

    Exact up to 12 units. Beyond, orders are drawn in pairs, each with its reverse, until the
    largest standard error is at most `tolerance` of the range of the scores (8 pairs at least).
    Stopping so makes standard errors slightly too small. The scores of a layer sum to what the
    whole layer saves. Ancona, Öztireli & Gross, "Shapley value as principled metric for
    structured network pruning", 2020, arXiv:2006.01795; Ghorbani & Zou, "Neuron Shapley", 2020,
    arXiv:2002.09815; pairs: Mitchell et al., 2022, arXiv:2104.12199.
    """
    if probe.units <= EXACT_UNITS:
        return _exact(probe)
    draws: list[Array] = []
    for count in range(1, most_pairs + 1):
        order = rng.permutation(probe.units)
        draws.append((_along(probe, order) + _along(probe, order[::-1])) / 2)
        spread = np.ptp(np.mean(draws, axis=0))
        if count >= 8 and _error(draws).max() <= tolerance * spread:
            break
    return np.mean(draws, axis=0), _error(draws)


def _error(draws: list[Array]) -> Array:
    """Return the standard error of the mean of independent draws."""
    return np.asarray(np.std(draws, axis=0, ddof=1) / math.sqrt(len(draws)))


def _along(probe: Probed, order: Array) -> Array:
    """Add the units in one order; return what each saves when it joins."""
    gates = np.zeros((probe.units + 1, probe.units))
    for step, unit in enumerate(order):
        gates[step + 1 :, unit] = 1
    saved = np.zeros(probe.units)
    saved[order] = -np.diff(probe.losses(gates))
    return saved


def _exact(probe: Probed) -> Array:
    """Run all coalitions: ``φ_i = Σ_S |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S))``."""
    n = probe.units
    coalitions = np.arange(2**n)
    gates = (coalitions[:, None] >> np.arange(n)) & 1
    values, sizes = -probe.losses(gates), gates.sum(axis=1)
    weights = np.array([1 / (n * math.comb(n - 1, min(s, n - 1))) for s in range(n + 1)])
    scores = np.zeros(n)
    for unit in range(n):
        without = coalitions[gates[:, unit] == 0]
        gain = values[without | (1 << unit)] - values[without]
        scores[unit] = (weights[sizes[without]] * gain).sum()
    return scores
