"""Conductance: how much of the output's change flows through a unit."""

from __future__ import annotations

import math

from explainprune.types import Array


def conductance(line_conductance: Array, line_gap: float) -> tuple[Array, None, dict[str, float]]:
    """``E |Σ_positions ∫ ∂F/∂a · da|``, on the straight line from the mean input to each row.

    F is the logit of the class that the row is predicted as, or of `target`. The integral along
    the path of a is taken by the trapezoid rule in 32 steps, both ends included, for all layers
    from the same gradients. In a layer that cuts the network in two, the integrals of its units
    sum to F(x) − F(mean): the figure ``"completeness_gap"`` is the largest difference between the
    two over the largest F(x) − F(mean). Elsewhere they needn't, and there is none. Dhamdhere,
    Sundararajan & Yan, "How important is a neuron?", 2018, arXiv:1805.12233; in this form
    Shrikumar, Su & Kundaje, 2018, arXiv:1807.09946.
    """
    figures = {} if math.isnan(line_gap) else {"completeness_gap": float(line_gap)}
    return line_conductance, None, figures
