"""Nodes and weights for integrals over [0, 1]."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from explainprune.types import Array


def gauss_legendre(n: int) -> tuple[Array, Array]:
    """Return the nodes and weights of n-point Gauss–Legendre quadrature on [0, 1].

    ∫₀¹ g(t) dt ≈ Σ_i w_i g(t_i), exact for polynomials of degree ≤ 2n − 1.

    Parameters
    ----------
    n : int
        Number of nodes, at least 1.

    Returns
    -------
    nodes : ndarray of float64 (n,)
        Ascending, strictly inside (0, 1), symmetric around 1/2.
    weights : ndarray of float64 (n,)
        Positive; their sum is 1.

    Raises
    ------
    ValueError
        If `n` is not a positive whole number.

    References
    ----------
    Golub & Welsch (1969), Calculation of Gauss quadrature rules. doi:10.1090/S0025-5718-69-99647-1

    Examples
    --------
    >>> nodes, weights = gauss_legendre(3)
    >>> round(float(weights @ nodes**5), 12)  # 1/6
    0.166666666667
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"Quadrature needs a positive whole number of nodes. Received: n={n!r}.")
    nodes, weights = _rule(int(n))
    return nodes.copy(), weights.copy()


@lru_cache(maxsize=64)
def _rule(n: int) -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return (nodes + 1) / 2, weights / 2
