"""Leading adverse reasons from attributions, and whether two lists of them are the same."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array

NOTHING = 1e-6
"""Below this share of a row's whole attribution an amount is rounding, and no reason."""


def leading(amounts: Array, top: int) -> Array:
    """Return the features that speak most for the adverse outcome, in order; −1 beyond the last.

    Only what speaks for it is a reason: a row may have fewer than `top`.

    Parameters
    ----------
    amounts : ndarray (m, p)
        How far each feature moved the output towards the adverse outcome.
    top : int

    Returns
    -------
    ndarray of int (m, top)

    Examples
    --------
    >>> leading(np.array([[0.5, -1.0, 2.0, 0.1], [-1.0, -1.0, 0.0, 3.0]]), 2)
    array([[ 2,  0],
           [ 3, -1]])
    """
    size = np.abs(amounts).sum(axis=1, keepdims=True)
    order = np.argsort(-amounts, axis=1, kind="stable")[:, :top]
    counts = np.take_along_axis(amounts, order, axis=1) > NOTHING * size
    found = np.full((len(amounts), top), -1)
    found[:, : order.shape[1]] = np.where(counts, order, -1)
    return found


def differing(ours: Array, theirs: Array) -> dict[str, Array]:
    """Say for which rows the set, the order and the first of the reasons differ: 1.0 or 0.0.

    Parameters
    ----------
    ours, theirs : ndarray of int (m, top)
        As `leading` returns them.
    """
    return {
        "set": (np.sort(ours, axis=1) != np.sort(theirs, axis=1)).any(axis=1).astype(np.float64),
        "order": (ours != theirs).any(axis=1).astype(np.float64),
        "first": (ours[:, 0] != theirs[:, 0]).astype(np.float64),
    }


def in_common(ours: Array, theirs: Array) -> Array:
    """Count the reasons that both lists hold: (m,)."""
    same = (ours[:, :, None] == theirs[:, None, :]) & (ours[:, :, None] >= 0)
    return np.asarray(same.any(axis=2).sum(axis=1))
