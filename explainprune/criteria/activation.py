"""Activation: units that are seldom on go first."""

from __future__ import annotations

from explainprune.types import Array


def activation(mean_abs_activation: Array) -> Array:
    """``E |a|`` of each unit, over samples and positions.

    Polyak & Wolf, "Channel-level acceleration of deep face representations", 2015,
    doi:10.1109/ACCESS.2015.2494536.
    """
    return mean_abs_activation
