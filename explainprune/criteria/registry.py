"""All criteria by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainprune.criteria import activations, gradients, removal, weights

CRITERIA: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        removal.ablation,
        removal.ablation_mean,
        activations.activation,
        activations.activation_std,
        gradients.activation_taylor,
        activations.apoz,
        weights.batchnorm,
        gradients.batchnorm_taylor,
        activations.conductance,
        gradients.fisher,
        weights.fpgm,
        gradients.gradient,
        gradients.grasp,
        activations.internal_influence,
        activations.lrp,
        activations.lrp_epsilon,
        weights.magnitude,
        weights.magnitude_l2,
        gradients.movement,
        weights.obs,
        weights.random,
        removal.shap,
        removal.shapley,
        gradients.snip,
        weights.synflow,
        gradients.taylor,
        weights.wanda,
    )
}
"""Every criterion by name. Its parameters' names say what it needs of a model: see
``explainprune.network.STATISTICS``."""
