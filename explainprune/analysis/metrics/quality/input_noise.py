"""How far an explanation moves when its input is moved a little."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import divide
from explainprune.types import Array, metric

Explain = Callable[[Array, Array], Array]
"""From rows (m, d) and their targets (m,) to values (m, p): always with the same draws."""
DRAWS, RADIUS = 10, 0.1


@metric(
    "ratio", "Largest change under noise", "of an explanation, relative to its size", better="less"
)
def max_sensitivity(
    x: Array,
    targets: Array,
    explain: Explain | None,
    *,
    draws: int = DRAWS,
    radius: float = RADIUS,
    seed: int = 0,
) -> Array:
    r"""Return the largest relative change of each explanation over draws of input noise.

    .. math:: \max_k \lVert \phi(x + \delta_k) - \phi(x) \rVert_2 / \lVert \phi(x) \rVert_2

    with each feature's noise uniform within ± `radius` standard deviations of that feature over the
    rows. Dividing by the explanation's own size makes models of different scale comparable. Noise
    is the same for every model, and the explainer repeats its draws, so that the change is due to
    the input alone.

    Parameters
    ----------
    x : ndarray (n, d)
    targets : ndarray of int (n,)
    explain : callable or None
        ``explain(rows, targets)`` → values (n, p). None where noise has no meaning (tokens, text).
    draws : int
        More of them find larger changes: compare only figures with as many.
    radius : float
    seed : int

    Returns
    -------
    ndarray (n,)
        0 or more, less is steadier; NaN where the explanation is 0.

    Raises
    ------
    ValueError
        If `draws` is below 1 or `radius` isn't above 0.

    Notes
    -----
    Yeh et al. 2019, arXiv:1901.09392, relative to the explanation.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [3.0, 2.0]])
    >>> max_sensitivity(x, np.zeros(2, int), lambda rows, targets: np.ones_like(rows))
    array([0., 0.])
    """
    return np.asarray(_changes(x, targets, explain, draws, radius, seed).max(axis=0))


@metric(
    "ratio", "Mean change under noise", "of an explanation, relative to its size", better="less"
)
def mean_sensitivity(
    x: Array,
    targets: Array,
    explain: Explain | None,
    *,
    draws: int = DRAWS,
    radius: float = RADIUS,
    seed: int = 0,
) -> Array:
    """Return the mean relative change of each explanation over draws of input noise.

    Parameters
    ----------
    x, targets, explain, draws, radius, seed
        As for `max_sensitivity`, of which this is the mean in place of the largest.

    Returns
    -------
    ndarray (n,)
        0 or more, less is steadier; NaN where the explanation is 0.

    Notes
    -----
    Bhatt et al. 2020, arXiv:2005.00631.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [3.0, 2.0]])
    >>> mean_sensitivity(x, np.zeros(2, int), lambda rows, targets: np.ones_like(rows))
    array([0., 0.])
    """
    return np.asarray(_changes(x, targets, explain, draws, radius, seed).mean(axis=0))


def _changes(
    x: Array, targets: Array, explain: Explain | None, draws: int, radius: float, seed: int
) -> Array:
    """Return the relative change of each explanation under each draw: (draws, n)."""
    if draws < 1 or not radius > 0:
        raise ValueError(
            f"draws is at least 1 and radius above 0. Received: draws={draws}, radius={radius}."
        )
    x = np.asarray(x, dtype=np.float64)
    if explain is None:
        return np.full((1, len(x)), np.nan)
    own = np.asarray(explain(x, targets), dtype=np.float64)
    size = np.linalg.norm(own, axis=1)
    found = np.empty((draws, len(x)))
    for each, noise in enumerate(noises(x, draws, radius, seed)):
        moved = np.asarray(explain(x + noise, targets), dtype=np.float64)
        found[each] = divide(np.linalg.norm(moved - own, axis=1), size)
    return found


def noises(x: Array, draws: int, radius: float, seed: int) -> Array:
    """Draw uniform noise in units of each feature's spread over the rows: (draws, n, d)."""
    unit = np.random.default_rng(seed).uniform(-1, 1, size=(draws, *x.shape))
    return np.asarray(radius * x.std(axis=0) * unit)
