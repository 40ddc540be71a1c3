"""LRP: how much of the prediction's relevance arrives at a unit (ε rule)."""

from __future__ import annotations

from explainprune.types import Array


def lrp_epsilon(relevance_epsilon: Array) -> Array:
    """``E |Σ_positions R|``, R handed back from the predicted class's logit by the ε rule.

    ``R_i = Σ_j a_i w_ij / (z_j + ε sign z_j) · R_j``. Bach et al., 2015,
    doi:10.1371/journal.pone.0130140.
    """
    return relevance_epsilon
