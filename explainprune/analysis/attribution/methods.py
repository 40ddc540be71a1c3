"""What there is: one line for each attribution method."""

from __future__ import annotations

from collections.abc import Callable

from explainprune.analysis.attribution.deep_shap import deep_shap
from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.expected_gradients import expected_gradients
from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.gradcam import gradcam
from explainprune.analysis.attribution.gradient import gradient
from explainprune.analysis.attribution.gradient_input import gradient_input
from explainprune.analysis.attribution.guided_backprop import guided_backprop
from explainprune.analysis.attribution.guided_gradcam import guided_gradcam
from explainprune.analysis.attribution.hybrid import hybrid
from explainprune.analysis.attribution.integrated_gradients import integrated_gradients
from explainprune.analysis.attribution.kernel import kernel
from explainprune.analysis.attribution.leverage import leverage
from explainprune.analysis.attribution.lrp import lrp
from explainprune.analysis.attribution.occlusion import occlusion
from explainprune.analysis.attribution.permutation import permutation
from explainprune.analysis.attribution.shap_package import (
    shap_deep,
    shap_gradient,
    shap_kernel,
    shap_permutation,
)
from explainprune.analysis.attribution.smoothgrad import smoothgrad

METHODS: dict[str, Callable[..., Explained]] = {
    "deep_shap": deep_shap,
    "exact": exact,
    "expected_gradients": expected_gradients,
    "gradcam": gradcam,
    "gradient": gradient,
    "gradient_input": gradient_input,
    "guided_backprop": guided_backprop,
    "guided_gradcam": guided_gradcam,
    "hybrid": hybrid,
    "integrated_gradients": integrated_gradients,
    "kernel": kernel,
    "leverage": leverage,
    "lrp": lrp,
    "occlusion": occlusion,
    "permutation": permutation,
    "shap_deep": shap_deep,
    "shap_gradient": shap_gradient,
    "shap_kernel": shap_kernel,
    "shap_permutation": shap_permutation,
    "smoothgrad": smoothgrad,
}
"""A method is ``(network, x, background, targets, *, own options) → Explained`` over flat rows;
it is given ``rng`` and ``players`` if it asks for them by name."""


def linear_in_background(method: Callable[..., Explained]) -> bool:
    """Say whether a method's values are averages over background rows (or don't read them).

    All of ours are, with their default options. A function of a user's own says so by an attribute
    of this name.
    """
    return bool(getattr(method, "linear_in_background", method in METHODS.values()))
