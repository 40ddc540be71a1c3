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
"""A method is ``(network, x, background, targets, *, own options) → Explained`` over flat rows.

network : Network
    What is explained; of embedded tokens where inputs feed an Embedding.
x : ndarray (n, d)
    Samples.
background : ndarray (b, d)
    Rows that stand for "feature absent".
targets : ndarray of int (n,), optional
    The explained output of each sample, as an index; None: all outputs, from the same work where
    that can be.

A method that asks for them by name is given, or takes from the caller:

rng : numpy.random.Generator
    Draws don't depend on the network: two networks explained with one seed use the same ones.
players : ndarray of int (d,)
    The player of each feature, 0, 1, …. Values are then one per player; those of methods that
    don't ask for players are added up.
draws : int
    Independent replicates. The standard error needs two at least; one gives None.
tolerance : float, optional
    Sample until the 95 % half-width is this share of the sample's largest value, in place of
    `draws`.
"""


def linear_in_background(method: Callable[..., Explained]) -> bool:
    """Say whether a method's values are averages over background rows (or don't read them).

    All of ours are, with their default options. A function of a user's own says so by an attribute
    of this name.
    """
    return bool(getattr(method, "linear_in_background", method in METHODS.values()))
