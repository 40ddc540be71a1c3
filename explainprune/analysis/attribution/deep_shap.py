"""DeepSHAP: DeepLIFT's rescale rule, averaged over background rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.attribution.explained import Explained, base_output
from explainprune.analysis.attribution.reading.batches import unwrapped
from explainprune.lookup import unknown
from explainprune.network import MAX_POOLS, Network, multipliers_of
from explainprune.types import Array

FALLBACKS = ("error", "gradient")


def deep_shap(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    fallback: str = "error",
    max_pool: str = "winner",
) -> Explained:
    r"""Multiply differences from the background by DeepLIFT's multipliers.

    .. math:: \phi_i(x) = \frac{1}{|B|} \sum_{b \in B} m_i(x, b)\, (x_i - b_i), \qquad
              \sum_i m_i(x, b)\, (x_i - b_i) = f(x) - f(b)

    Multipliers go backward through the network like gradients, but carry the slope between sample
    and reference, Δout/Δin, through every element-wise function, and share products, maxima and
    quotients among their factors. That adds up, yet it isn't the Shapley value: on a small
    multilayer perceptron it is some 4 % off.

    Parameters
    ----------
    network, x, background, targets
        As all methods have them: see `METHODS`. The network is of a Keras model.
    fallback : {"error", "gradient"}
        What becomes of an operation without a rule. ``"gradient"``: it goes by the mean of its
        gradients at sample and background row; values needn't add up then, and a note says so.
    max_pool : {"winner", "shapley"}
        How a pooled maximum's change is shared. ``"winner"``: all of it to the larger side's
        place, as the shap package does. ``"shapley"``: as Shapley values of the window's places,
        which is nearer to those of the whole and takes longer.

    Raises
    ------
    ValueError
        If the network isn't a Keras model's, or has an operation without a rule: it is named
        before anything is computed.

    References
    ----------
    Shrikumar, Greenside and Kundaje 2017, arXiv:1704.02685; Lundberg and Lee 2017,
    arXiv:1705.07874.
    """
    multipliers = multipliers_by(unwrapped(network), fallback, max_pool)
    wanted = np.tile(np.arange(network.n_outputs), (len(x), 1)) if targets is None else targets
    values = multipliers.values(x, background, wanted.reshape(len(x), -1))
    rough = multipliers.approximated
    return Explained(
        values.swapaxes(1, 2) if targets is None else values[:, 0],
        base_output(network, background, targets, len(x)),
        complete=not rough,
        notes=(f"Without a rule, and so by their gradient: {', '.join(rough)}.",) if rough else (),
    )


def multipliers_by(network: Any, fallback: str, max_pool: str) -> Any:
    """Return the multipliers of a network, and raise for options that aren't known."""
    if fallback not in FALLBACKS:
        raise unknown("fallback", fallback, FALLBACKS)
    if max_pool not in MAX_POOLS:
        raise unknown("max_pool", max_pool, MAX_POOLS)
    return multipliers_of(network, fallback, max_pool)
