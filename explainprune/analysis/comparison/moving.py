"""Moved weight of a pair under several backgrounds: the delete-one-background jackknife."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array
from explainprune.types.moved import moved, nonzero


def moved_values(a: Array, b: Array, *, linear: bool) -> Array:
    r"""Return the moved weight of each row under each background: (R, n), for `crossed_mean`.

    Explanations that are linear in the background are averaged over all R of them; a finite
    number of background rows then biases D upwards, and the pseudo-values

    .. math:: p_{ij} = R \, D_i(\bar a, \bar b) - (R - 1) \, D_i(\bar a_{-j}, \bar b_{-j})

    take that bias out (Quenouille 1956): their mean is the estimate, and how they vary with j is
    what the choice of backgrounds does to it. Of other methods it is D under each background.

    Parameters
    ----------
    a, b : ndarray (R, n, p)
        Attributions of both models under the same R backgrounds.
    linear : bool
        Whether attributions are averages over background rows.

    Returns
    -------
    ndarray (R, n)
        NaN for rows in which neither model has anything to explain.
    """
    draws = len(a)
    whole = a.mean(axis=0), b.mean(axis=0)
    counts = nonzero(whole[0]), nonzero(whole[1])
    together = moved(*whole, *counts)
    if draws == 1:
        return together[None]
    if not linear:
        each = np.stack([moved(x, y, *counts) for x, y in zip(a, b, strict=True)])
        return np.where(np.isnan(together), np.nan, np.where(np.isnan(each), together, each))
    without = np.empty((draws, len(together)))
    for j in range(draws):
        ours, theirs = (
            (draws * mean - each[j]) / (draws - 1) for mean, each in zip(whole, (a, b), strict=True)
        )
        without[j] = moved(ours, theirs, *counts)
    # A row that is rounding under all other backgrounds says nothing of this one.
    without = np.where(np.isnan(without), together, without)
    return np.asarray(draws * together - (draws - 1) * without)
