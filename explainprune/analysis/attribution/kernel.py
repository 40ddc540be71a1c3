"""KernelSHAP."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.sampling.regression import shapley_regression
from explainprune.network import Network
from explainprune.types import Array


def kernel(
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
    r"""Estimate interventional Shapley values by a regression on kernel-weighted coalitions.

    Sizes of coalitions are drawn in proportion to their weight in the regression,
    :math:`1 / (|S| (P - |S|))`, so small and large ones come most often; each comes with its
    complement; sizes that the draws together cover are taken whole. No feature is dropped from the
    fit. Where all ``2^P − 2`` coalitions cost no more
    than the draws, all are used and the values are exact.

    Parameters
    ----------
    network, x, background, targets, rng, players, draws, tolerance
        As all methods have them: see `METHODS`. All samples share a draw's coalitions, so that
        their errors are correlated.
    coalitions : int, optional
        Coalitions in one draw, each ``background`` forward passes for a sample. Default:
        four for each player, at least 64. Each draw is corrected by a fit to the others; one by
        itself by another, which comes on top.

    Returns
    -------
    Explained
        One value per player; complete, since all fits are constrained to add up; without bias.
        Players who are like all background rows get exactly 0.

    Raises
    ------
    ValueError
        If a draw would need more than 2 GB.

    References
    ----------
    Lundberg & Lee 2017, arXiv:1705.07874; Covert & Lee 2021, arXiv:2012.01536 (paired draws).
    """
    return shapley_regression(
        network,
        x,
        background,
        targets,
        share=lambda sizes, count: 1 / (sizes * (count - sizes)),
        rng=rng,
        players=players,
        draws=draws,
        coalitions=coalitions,
        tolerance=tolerance,
    )
