"""Cosine of two attributions."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.agreement.pairs import divide, pair
from explainprune.types import Array, metric


@metric("correlation", "Cosine", "angle between the two explanations", better="more")
def cosine(a: Array, b: Array, *, k: int | None = None) -> Array:
    """Return ``a·b / (‖a‖ ‖b‖)`` of each row.

    Parameters
    ----------
    a, b : ndarray (n, d)
    k : int, optional
        Not used: all features count.

    Returns
    -------
    ndarray (n,)
        In [−1, 1], 0 by chance; NaN where either is 0 everywhere.

    Examples
    --------
    >>> cosine(np.array([[1.0, 0.0], [2.0, 2.0]]), np.array([[1.0, 1.0], [1.0, 1.0]])).round(3)
    array([0.707, 1.   ])
    """
    a, b = (_scaled(values) for values in pair(a, b))
    norms = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.clip(divide((a * b).sum(axis=1), norms), -1.0, 1.0)


def _scaled(values: Array) -> Array:
    """Divide each row by its largest entry, so that squares neither over- nor underflow."""
    largest = np.abs(values).max(axis=1, keepdims=True)
    return np.asarray(np.divide(values, largest, out=np.zeros_like(values), where=largest > 0))
