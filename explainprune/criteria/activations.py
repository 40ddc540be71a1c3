"""How much a unit says, and how much of the output runs through it."""

from __future__ import annotations

import math

import numpy as np

from explainprune.types import Array


def activation(mean_abs_activation: Array) -> Array:
    """``E |a|`` of each unit, over samples and positions.

    Polyak & Wolf, "Channel-level acceleration of deep face representations", 2015,
    doi:10.1109/ACCESS.2015.2494536.
    """
    return mean_abs_activation


def activation_std(activation_std: Array, outgoing_norm: Array) -> Array:
    """``std(a) · ‖w_out‖``: what is lost if a unit is replaced by its mean.

    A constant unit can be folded into the biases of what reads it. ‖w_out‖ is taken over all
    kernels that read the unit; layers that none reads are left out.

    >>> activation_std(np.array([0.5, 0.0]), np.array([2.0, 3.0]))
    array([1., 0.])
    """
    return np.asarray(activation_std * outgoing_norm)


def apoz(zero_share: Array) -> Array:
    """``1 − share of zeros`` of each unit, so that higher means keep.

    Hu, Peng, Tai & Tang, "Network trimming", 2016, arXiv:1607.03250.
    """
    return 1 - zero_share


def lrp(relevance: Array) -> Array:
    """``E |Σ_positions R|``, R handed back from the predicted class's logit by the z⁺ rule.

    ``R_i = Σ_j (a_i w_ij)⁺ / (Σ_i (a_i w_ij)⁺) · R_j``. Yeom et al., "Pruning by explaining", 2021,
    arXiv:1912.08881.
    """
    return relevance


def lrp_epsilon(relevance_epsilon: Array) -> Array:
    """``E |Σ_positions R|``, R handed back from the predicted class's logit by the ε rule.

    ``R_i = Σ_j a_i w_ij / (z_j + ε sign z_j) · R_j``. Bach et al., 2015,
    doi:10.1371/journal.pone.0130140.
    """
    return relevance_epsilon


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


def internal_influence(line_influence: Array) -> Array:
    """``E |Σ_positions ∫ ∂F/∂a dt|``, t from 0 at the mean input to 1 at each row.

    The mean gradient along the line, whether or not the unit itself changes: what `conductance`
    multiplies by the change. F is the logit of the class that the row is predicted as, or of
    `target`; the integral is taken by the trapezoid rule in 32 steps, both ends included. Leino,
    Sen, Datta, Fredrikson & Li, "Influence-directed explanations for deep convolutional networks",
    2018, arXiv:1802.03788, with the line for their distribution of interest.
    """
    return line_influence
