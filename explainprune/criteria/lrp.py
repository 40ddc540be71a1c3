"""LRP: how much of the prediction's relevance arrives at a unit (z⁺ rule)."""

from __future__ import annotations

from explainprune.types import Array


def lrp(relevance: Array) -> Array:
    """``E |Σ_positions R|``, R handed back from the predicted class's logit by the z⁺ rule.

    ``R_i = Σ_j (a_i w_ij)⁺ / (Σ_i (a_i w_ij)⁺) · R_j``. Yeom et al., "Pruning by explaining", 2021,
    arXiv:1912.08881.
    """
    return relevance
