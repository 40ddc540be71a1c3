"""Removing weights while the others make up for them: the optimal brain surgeon, in one sweep."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def swept(weights: Array, hessian: Array, kept: Array) -> Array:
    """Set what is not kept to zero, row after row, each time moving the rows below.

    Weights belong at the minimum of ``‖A W − Z‖²`` with Hessian ``H = AᵀA``. Where row j is
    reached, a weight ``w_j`` that goes adds ``w_j² / [H_R⁻¹]_jj`` to that error, R being the rows
    from j on, and the weights below it become ``w_i − w_j [H_R⁻¹]_ij / [H_R⁻¹]_jj``, the best for
    it: with `H_R⁻¹ = UᵀU`'s first row, ``w_i − w_j U_ji / U_jj``. One Cholesky factor serves all
    rows and units.

    Parameters
    ----------
    weights : ndarray (rows, units)
    hessian : ndarray (rows, rows)
        Positive definite.
    kept : ndarray of bool (rows, units)

    Returns
    -------
    ndarray (rows, units)
        Exactly zero where not kept. The rows above never move again, so that the error is at most
        that of `minimised` below it: the sweep is what that costs too much for.

    Notes
    -----
    Hassibi & Stork, "Second order derivatives for network pruning: optimal brain surgeon", 1993;
    the sweep: Frantar & Alistarh, "SparseGPT", 2023, arXiv:2301.00774. The masks are given here,
    and not chosen on the way.

    Examples
    --------
    >>> swept(np.array([[1.0], [1.0]]), np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[0], [1]]))
    array([[0. ],
           [1.5]])
    """
    kept = np.asarray(kept, bool)
    left = np.array(weights, np.float64)
    factor = np.linalg.cholesky(np.linalg.inv(hessian)).T
    for row in range(len(left)):
        gone = np.where(kept[row], 0.0, left[row]) / factor[row, row]
        left[row + 1 :] -= np.outer(factor[row, row + 1 :], gone)
        left[row, ~kept[row]] = 0.0
    return left
