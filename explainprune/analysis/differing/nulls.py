"""How far chance moves a single row's reasons: other backgrounds, and twins of the model."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from explainprune.analysis.comparison.moving import moved_values
from explainprune.types import Array
from explainprune.types.moved import moved, nonzero

MOST_BACKGROUNDS = 8
"""Backgrounds that are paired with each other; pairs grow with their square."""


def beyond_redrawing(a: Array, b: Array, *, linear: bool) -> tuple[Array, Array, Array]:
    r"""Test of each row whether more moved between models than between one's own backgrounds.

    For a row, D is the moved weight between both models and

    .. math:: U = \binom{R}{2}^{-1} \sum_{j<k} D(a_j, a_k)

    how far other backgrounds move one model's own explanation. D − U is taken apart by deleting
    one background at a time; its pseudo-values give Student's t with R − 1 degrees of freedom,
    one-sided. U is that of the dense model and of the other in turn: a row must be beyond both,
    so that its p is the larger one.

    Parameters
    ----------
    a, b : ndarray (R, n, p)
        Attributions of both models under the same backgrounds, R at least 3.
    linear : bool
        Whether attributions are averages over background rows.

    Returns
    -------
    p, redrawn, error : ndarray (n,)
        P-values; the larger U; the larger standard error of D − U.
    """
    from scipy.stats import t

    a, b = a[:MOST_BACKGROUNDS], b[:MOST_BACKGROUNDS]
    draws = len(a)
    between = moved_values(a, b, linear=linear)
    chances, nulls, errors = [], [], []
    for own in (a, b):
        null = redrawn_values(own)
        apart = between - null
        error = apart.std(axis=0, ddof=1) / np.sqrt(draws)
        with np.errstate(divide="ignore", invalid="ignore"):
            score = apart.mean(axis=0) / error
        chances.append(t.sf(np.nan_to_num(score, nan=0.0), draws - 1))
        nulls.append(null.mean(axis=0))
        errors.append(error)
    return np.max(chances, axis=0), np.max(nulls, axis=0), np.max(errors, axis=0)


def redrawn_values(each: Array) -> Array:
    """Return pseudo-values (R, n) of the mean moved weight between two backgrounds of one model.

    R · U − (R − 1) · U₋ⱼ; their mean is U.
    """
    draws, n = each.shape[:2]
    counts = nonzero(each.mean(axis=0))
    sums = np.zeros((draws, n))
    for j, k in combinations(range(draws), 2):
        pair = np.nan_to_num(moved(each[j], each[k], counts, counts))
        sums[j] += pair
        sums[k] += pair
    total = sums.sum(axis=0) / 2
    whole = 2 * total / (draws * (draws - 1))
    without = 2 * (total - sums) / ((draws - 1) * (draws - 2))
    return np.asarray(draws * whole - (draws - 1) * without)


def beyond_twins(own: Array, twins: Array) -> Array:
    """Return how often a twin moves a row's reasons as far: p (n,) of each row.

    (1 + twins' values that are at least as large) / (1 + their number), over all rows: the rank of
    a row among what the same training from another start does to rows (conformal p-values; Bates
    et al. 2023, doi:10.1214/22-AOS2244).

    Parameters
    ----------
    own : ndarray (n,)
        Moved weight of each row in the other model.
    twins : ndarray (m,)
        Moved weight of rows in a twin.
    """
    ordered = np.sort(twins)
    larger = len(ordered) - np.searchsorted(ordered, own, side="left")
    return np.asarray((1 + larger) / (1 + len(ordered)))


def discovered(p: Array, rate: float) -> Array:
    """Return which rows stand out at a false discovery rate (Benjamini & Hochberg 1995)."""
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p) <= rate)
