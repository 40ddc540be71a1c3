"""What a Shapley regression knows of coalitions, and the values that fit it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explainprune.types import Array

DEFINITE = 1e-9
"""Directions that weigh less, relative to the heaviest, are not fitted."""


@dataclass(frozen=True)
class Moments:
    """What a fit knows of coalitions: `gram` (P, P), and `pull` (n, P) or (n, P, K)."""

    gram: Array
    pull: Array


def moments(
    masks: Array, weights: Array, worth: Array, total: Array, *, gram: bool = True
) -> Moments:
    """Sum up coalitions for a fit.

    Parameters
    ----------
    masks : ndarray of bool (m, P)
    weights : ndarray (m,)
    worth : ndarray (n, m) or (n, m, K)
        Worth of each coalition above that of the empty one.
    total : ndarray (n,) or (n, K)
        Worth of the full coalition above that of the empty one.
    gram : bool
        Whether that is wanted, which grows with the square of the players; else it is empty.
    """
    share = masks.mean(axis=1)
    # Rows without their mean are orthogonal to the constant vector, and so is the solution of
    # smallest norm: the constraint holds whether or not the fit is determined.
    centred = masks - share[:, None]
    pulled = weights[:, None] * centred
    left = worth - np.expand_dims(total, 1) * share.reshape(1, -1, *[1] * (worth.ndim - 2))
    pull = np.einsum("mp,nm...->np...", pulled, left, optimize=True)
    return Moments(pulled.T @ centred if gram else np.empty((0, 0)), pull)


def solved(gram: Array, pull: Array, total: Array) -> Array:
    """Return the values of smallest norm that fit moments and sum to `total`: as `pull` is laid."""
    count = len(gram)
    # The constant direction, which neither side has, is given the size of the others.
    whole = gram + 1 / count**2
    right = np.moveaxis(pull, 1, 0).reshape(count, -1)
    try:
        root = np.linalg.cholesky(whole)
        steep = np.square(np.diagonal(root))
        if steep.min() < DEFINITE * steep.max():
            raise np.linalg.LinAlgError
        found = np.linalg.solve(whole, right)
    except np.linalg.LinAlgError:  # more players than coalitions say anything of
        found = np.linalg.pinv(whole, rcond=DEFINITE, hermitian=True) @ right
    apart = np.moveaxis(found.reshape(count, len(total), *total.shape[1:]), 0, 1)
    values: Array = np.expand_dims(total, 1) / count + apart
    return values
