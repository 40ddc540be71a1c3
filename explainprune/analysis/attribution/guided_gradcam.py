"""Guided Grad-CAM."""

from __future__ import annotations

from dataclasses import replace

from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.gradcam import gradcam
from explainprune.analysis.attribution.guided_backprop import guided_backprop
from explainprune.network import Network
from explainprune.types import Array


def guided_gradcam(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    layer: str | None = None,
) -> Explained:
    r"""Multiply `gradcam` by `guided_backprop`, feature by feature.

    Fine lines where Grad-CAM is warm; what is said of guided backpropagation holds here too.

    Parameters
    ----------
    network, x, background, targets
        As all methods have them: see `METHODS`. The network is of a Sequential or Functional Keras
        model with one image or sequence for its input, the background only for the base.
    layer : str, optional
        As for `gradcam`.

    Returns
    -------
    Explained
        Values that don't add up to anything.

    Raises
    ------
    ValueError
        As `gradcam`.

    References
    ----------
    Selvaraju et al. 2017, arXiv:1610.02391.
    """
    where = gradcam(network, x, background, targets, layer=layer)
    what = guided_backprop(network, x, background, targets)
    return replace(where, values=where.values * what.values, notes=what.notes)
