"""Whether an explanation points where the truth is known to lie: a mask for each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import divide
from explainprune.analysis.metrics.agreement.top_k import membership
from explainprune.types import Array, metric


@metric("share", "Pointing game", "the leading reason lies in the truth", better="more")
def pointing_game(values: Array, truth: Array) -> Array:
    """Return 1 where the feature with the largest ``|φ|`` lies in the truth, else 0.

    Parameters
    ----------
    values : ndarray (n, d)
    truth : ndarray of bool (n, d)
        What each row's answer is known to rest on.

    Returns
    -------
    ndarray (n,)
        In [0, 1]: features that tie for the lead share it. NaN where all values are 0 or the truth
        is empty. An attribution at random gets the share of features in the truth.

    Notes
    -----
    Zhang et al. 2018, doi:10.1007/s11263-017-1059-x.

    Examples
    --------
    >>> pointing_game([[3.0, -5.0], [3.0, 1.0]], [[0, 1], [0, 1]])
    array([1., 0.])
    """
    values, truth = _fitting(values, truth)
    return _defined((membership(values, 1) * truth).sum(axis=1), values, truth)


@metric("share", "Relevance mass", "share of the weight that lies in the truth", better="more")
def relevance_mass(values: Array, truth: Array) -> Array:
    """Return ``Σ_{truth} |φ| / ‖φ‖₁``: the share of an explanation's weight in the truth.

    Parameters
    ----------
    values, truth
        As for `pointing_game`.

    Returns
    -------
    ndarray (n,)
        In [0, 1]; NaN where all values are 0 or the truth is empty. Of an attribution that is the
        same everywhere, the share of features in the truth.

    Notes
    -----
    Relevance mass accuracy, Arras et al. 2022, doi:10.1016/j.inffus.2021.11.008, with absolute
    values: signed ones may cancel, and their quotient then leaves [0, 1].

    Examples
    --------
    >>> relevance_mass([[3.0, -1.0]], [[1, 0]])
    array([0.75])
    """
    values, truth = _fitting(values, truth)
    size = np.abs(values)
    return _defined(divide((size * truth).sum(axis=1), size.sum(axis=1)), values, truth)


@metric("share", "Relevance rank", "leading features that lie in the truth", better="more")
def relevance_rank(values: Array, truth: Array) -> Array:
    """Return which share of the K leading features lies in the truth, which holds K of them.

    Parameters
    ----------
    values, truth
        As for `pointing_game`.

    Returns
    -------
    ndarray (n,)
        In [0, 1]; ties at the K-th place share what is left of it. NaN where all values are 0 or
        the truth is empty. At random K/d.

    Notes
    -----
    Relevance rank accuracy, Arras et al. 2022, doi:10.1016/j.inffus.2021.11.008.

    Examples
    --------
    >>> relevance_rank([[3.0, -2.0, 1.0, 0.0]], [[1, 0, 1, 0]])
    array([0.5])
    """
    values, truth = _fitting(values, truth)
    counts = truth.sum(axis=1)
    found = np.full(len(values), np.nan)
    for count in np.unique(counts[counts > 0]):
        rows = counts == count
        found[rows] = (membership(values[rows], int(count)) * truth[rows]).sum(axis=1) / count
    return _defined(found, values, truth)


def _fitting(values: Any, truth: Any) -> tuple[Array, Array]:
    values, truth = np.asarray(values, dtype=np.float64), np.asarray(truth, dtype=bool)
    if values.ndim != 2 or truth.shape != values.shape:
        raise ValueError(
            "The truth says of each feature of each row whether it matters: shape (samples, "
            f"features), as the attribution. Received: {truth.shape} and {values.shape}."
        )
    return values, truth


def _defined(found: Array, values: Array, truth: Array) -> Array:
    return np.where(values.any(axis=1) & truth.any(axis=1), found, np.nan)
