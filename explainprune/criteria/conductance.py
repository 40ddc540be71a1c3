"""Conductance: how much of the output's change flows through a unit."""

from __future__ import annotations

import numpy as np

from explainprune.network.statistics.probed import Probed
from explainprune.types import Array


def conductance(probe: Probed, steps: int = 32) -> tuple[Array, None, dict[str, float]]:
    """``E |Σ_positions ∫ ∂F/∂a · da|``, on the straight line from the mean input to each row.

    F is the logit of the class that the row is predicted as, or of `target`. The integral along
    the path of a is taken by the trapezoid rule, both ends included. In a layer that cuts the
    network in two, the integrals of its units sum to F(x) − F(mean): the figure
    ``"completeness_gap"`` is the largest difference between the two over the largest
    F(x) − F(mean). Elsewhere they needn't, and there is none. Dhamdhere, Sundararajan & Yan, "How
    important is a neuron?", 2018, arXiv:1805.12233; in this form Shrikumar, Su & Kundaje, 2018,
    arXiv:1807.09946.
    """
    total, sums = np.zeros(probe.units), []
    for a, slope in probe.along(steps):
        middle = (slope[:, 1:] + slope[:, :-1]) / 2
        each = (middle * np.diff(a, axis=1)).sum(axis=(1, 2))
        total += np.abs(each).sum(axis=0)
        sums.append(each.sum(axis=1))
    if not probe.cuts:
        return total / probe.rows, None, {}
    moved = probe.moved()
    largest = np.abs(moved).max()
    gap = np.abs(np.concatenate(sums) - moved).max() / largest if largest > 0 else 0.0
    return total / probe.rows, None, {"completeness_gap": float(gap)}
