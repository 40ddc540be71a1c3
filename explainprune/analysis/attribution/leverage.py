"""Leverage SHAP."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.sampling.regression import shapley_regression
from explainprune.network import Network
from explainprune.types import Array


def leverage(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    rng: np.random.Generator,
    players: Array,
    draws: int = 8,
    coalitions: int | None = None,
    tolerance: float | None = None,
) -> Explained:
    r"""Estimate interventional Shapley values by a regression on coalitions of every size alike.

    As `kernel`, but coalitions are drawn in proportion to their leverage in the regression,
    :math:`1 / \binom{P}{|S|}`: every size is equally likely. Fits drawn so have a guaranteed
    error, and usually a smaller one than `kernel` at the same number of forward passes.

    Parameters
    ----------
    network, x, background, targets, rng, players, draws, tolerance
        As all methods have them: see `METHODS`. All samples share a draw's coalitions, so that
        their errors are correlated.
    coalitions : int, optional
        As for `kernel`.

    Returns
    -------
    Explained
        As `kernel`'s.

    Raises
    ------
    ValueError
        As `kernel`.

    References
    ----------
    Musco & Witter 2025, arXiv:2410.01917.
    """
    return shapley_regression(
        network,
        x,
        background,
        targets,
        share=lambda sizes, count: np.ones(len(sizes)),
        rng=rng,
        players=players,
        draws=draws,
        coalitions=coalitions,
        tolerance=tolerance,
    )
