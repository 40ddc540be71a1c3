"""The factor by which one model's outputs are another's, fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.analysis.attribution.explained import rounding
from explainprune.types import Array


@dataclass(frozen=True)
class Fit:
    """A factor, and the share of variance that it explains (None where it wasn't fitted)."""

    beta: float
    r2: float | None


def given_scale(beta: Any) -> Fit:
    """Return a factor that the caller chose, checked."""
    if isinstance(beta, bool) or not isinstance(beta, (int, float, np.number)) or beta - beta != 0:
        raise ValueError(f"beta is a finite number. Received: {beta!r}.")
    return Fit(float(beta), None)


def fitted_scale(dense: Array, other: Array) -> Fit:
    r"""Fit ``other ≈ β dense + c`` by least squares, c free for each output.

    Parameters
    ----------
    dense, other : ndarray (n, K)

    Raises
    ------
    ValueError
        If the shapes differ, or `dense` is the same in all rows.

    Examples
    --------
    >>> fitted_scale(np.array([[0.0], [1.0], [2.0]]), np.array([[5.0], [5.5], [6.0]]))
    Fit(beta=0.5, r2=1.0)
    """
    if dense.shape != other.shape:
        raise ValueError(
            "Both models need the same outputs. Received: dense with "
            f"{dense.shape[1]} and other with {other.shape[1]}."
        )
    a, b = (
        part - part.mean(axis=0) for part in (np.asarray(p, np.float64) for p in (dense, other))
    )
    spread = float((a * a).sum())
    if spread <= rounding(dense) ** 2 * float((dense.astype(np.float64) ** 2).sum()):
        raise ValueError(
            f"beta can't be fitted: the dense model outputs the same for all {len(dense)} rows of "
            "x and the background. Pass beta=, such as 1.0."
        )
    beta = float((a * b).sum()) / spread
    total = float((b * b).sum())
    left = float(((b - beta * a) ** 2).sum())
    return Fit(beta, 1 - left / total if total > 0 else None)
