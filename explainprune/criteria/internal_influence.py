"""Internal influence: how strongly the output follows a unit, on the way to each row."""

from __future__ import annotations

from explainprune.types import Array


def internal_influence(line_influence: Array) -> Array:
    """``E |Σ_positions ∫ ∂F/∂a dt|``, t from 0 at the mean input to 1 at each row.

    The mean gradient along the line, whether or not the unit itself changes: what `conductance`
    multiplies by the change. F is the logit of the class that the row is predicted as, or of
    `target`; the integral is taken by the trapezoid rule in 32 steps, both ends included. Leino,
    Sen, Datta, Fredrikson & Li, "Influence-directed explanations for deep convolutional networks",
    2018, arXiv:1802.03788, with the line for their distribution of interest.
    """
    return line_influence
