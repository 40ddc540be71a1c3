"""SHAP at a unit: expected gradients of the output with a layer's units as features."""

from __future__ import annotations

import numpy as np

from explainprune.network.statistics.probed import Probed
from explainprune.types import Array


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
