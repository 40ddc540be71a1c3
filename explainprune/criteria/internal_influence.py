"""Internal influence: how strongly the output follows a unit, on the way to each row."""

from __future__ import annotations

import numpy as np

from explainprune.network.statistics.probed import Probed
from explainprune.types import Array


def internal_influence(probe: Probed, steps: int = 32) -> Array:
    """``E |Σ_positions ∫ ∂F/∂a dt|``, t from 0 at the mean input to 1 at each row.

    The mean gradient along the line, whether or not the unit itself changes: what `conductance`
    multiplies by the change. F is the logit of the class that the row is predicted as, or of
    `target`; the integral is taken by the trapezoid rule, both ends included. Leino, Sen, Datta,
    Fredrikson & Li, "Influence-directed explanations for deep convolutional networks", 2018,
    arXiv:1802.03788, with the line for their distribution of interest.
    """
    total = np.zeros(probe.units)
    for _, slope in probe.along(steps):
        middle = (slope[:, 1:] + slope[:, :-1]) / 2
        total += np.abs(middle.mean(axis=1).sum(axis=1)).sum(axis=0)
    return total / probe.rows
