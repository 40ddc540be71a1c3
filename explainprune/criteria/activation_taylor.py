"""Taylor at the activation: what the loss would change, to first order, without a unit."""

from __future__ import annotations

from explainprune.types import Array


def activation_taylor(mean_abs_contribution: Array) -> Array:
    """``E |Σ_positions a · ∂L/∂a|``: the absolute value is taken for each sample.

    Molchanov, Tyree, Karras, Aila & Kautz, "Pruning convolutional neural networks for resource
    efficient inference", 2017, arXiv:1611.06440.
    """
    return mean_abs_contribution
