"""Pairwise Shapley interactions as a matrix that adds up to the values."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.games.enumeration import Solution
from explainprune.types import Array

MOST_NUMBERS = 2**28
"""Entries of all matrices together: two gigabytes."""


def with_main(found: Solution) -> Array:
    r"""Return matrices whose rows sum to the values.

    .. math:: \Phi_{ij} = \tfrac12 I_{ij}, \qquad \Phi_{ii} = \phi_i - \sum_{j \ne i} \Phi_{ij}

    with :math:`I_{ij}` the Shapley interaction index. Each pair's index is shared equally by its
    two entries, and the diagonal is the main effect: the convention of
    ``shap.TreeExplainer.shap_interaction_values``. The whole matrix sums to
    :math:`f(x) - E f(b)`.

    Parameters
    ----------
    found : Solution
        Values (n, players, ...) and interactions (n, players, players, ...).

    Returns
    -------
    ndarray (n, players, players, ...)

    References
    ----------
    Grabisch and Roubens (1999), doi:10.1007/s001820050125. Lundberg et al. (2020), From local
    explanations to global understanding with explainable AI for trees,
    doi:10.1038/s42256-019-0138-9.
    """
    assert found.interactions is not None
    halves: Array = found.interactions / 2
    each = np.arange(halves.shape[1])
    halves[:, each, each] = 0.0
    halves[:, each, each] = found.values - halves.sum(axis=2)
    return halves


def check_room(n: int, players: int, outputs: int) -> None:
    """Raise where the matrices would not fit into memory."""
    numbers = n * players**2 * outputs
    if numbers > MOST_NUMBERS:
        raise ValueError(
            f"interactions=True would give {numbers:.3g} numbers, {players:,} × {players:,} for "
            f"each of {n:,} samples and {outputs} outputs; the limit is {MOST_NUMBERS:.3g}. Join "
            "features into players=, or explain fewer samples at once."
        )
