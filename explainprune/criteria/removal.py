"""What the network does without some of a layer's units."""

from __future__ import annotations

import math

import numpy as np

from explainprune.network.statistics.probed import Probed
from explainprune.types import Array


def ablation(probe: Probed) -> Array:
    """``L(a := 0) − L``: the mean loss without a unit, less the mean loss with all.

    Negative where the network does better without. Morcos, Barrett, Rabinowitz & Botvinick, "On
    the importance of single directions for generalization", 2018, arXiv:1803.06959.
    """
    whole = np.ones((1, probe.units))
    return probe.losses(whole - np.eye(probe.units)) - probe.losses(whole)


def ablation_mean(probe: Probed) -> Array:
    """``L(a := E a) − L``: as `ablation`, with the unit's mean over rows and positions for zero.

    What is lost beyond what the consumers' biases could make up for.
    """
    whole = np.ones((1, probe.units))
    silenced = probe.losses(whole - np.eye(probe.units), fill="mean")
    return silenced - probe.losses(whole, fill="mean")


def shap(probe: Probed, rng: np.random.Generator, draws: int = 64) -> tuple[Array, Array]:
    """``E |φ|`` with ``φ = Σ_positions E_b,t (a(x) − a(b)) ∂F/∂a`` at ``a(b) + t (a(x) − a(b))``.

    F is the logit of the class that row x is predicted as, b another row, and t uniform in [0, 1];
    what bypasses the layer stays as it is for x. The standard error is that of drawing b and t,
    given the rows; drawing from strata makes it an upper bound. Lundberg & Lee, 2017,
    arXiv:1705.07874; Erion et al., "Improving performance of deep learning models with axiomatic
    attribution priors and expected gradients", 2021, arXiv:1906.10670.
    """
    total, variance = np.zeros(probe.units), np.zeros(probe.units)
    for difference, slope in probe.between(draws, rng):
        each = (difference * slope).sum(axis=2)
        total += np.abs(each.mean(axis=1)).sum(axis=0)
        variance += each.var(axis=1, ddof=1).sum(axis=0) / draws
    return total / probe.rows, np.sqrt(variance) / probe.rows


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
