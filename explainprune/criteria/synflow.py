"""SynFlow: how much of all paths through the network runs through a weight; needs no data."""

from __future__ import annotations

from explainprune.types import Array


def synflow(synaptic_flow: Array) -> Array:
    """``|w| · ∂R/∂|w|``, with ``R = 1ᵀ (Π |W|) 1``: the sum over all paths through the weight.

    The authors prune in a hundred rounds, scoring anew in each. Tanaka, Kunin, Yamins & Ganguli,
    "Pruning neural networks without any data by iteratively conserving synaptic flow", 2020,
    arXiv:2006.05467.
    """
    return synaptic_flow
