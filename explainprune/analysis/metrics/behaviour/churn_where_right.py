"""Churn where the first network was right."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.behaviour.accuracy import accuracy
from explainprune.analysis.metrics.behaviour.churn import churn
from explainprune.types import Array, metric


@metric(
    "share",
    "Churn where it was right before",
    better="less",
    task="classification",
    labelled=True,
    of_two=True,
)
def churn_where_right(
    outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None
) -> Array:
    """Return `churn` of the rows that the first network gets right, NaN for the others.

    Parameters
    ----------
    outputs_a, outputs_b : ndarray (n, K)
        Logits of both networks.
    y : ndarray of int (n,)

    Returns
    -------
    ndarray (n,)
        Its mean without NaN is the share of right answers that the second network lost.

    Raises
    ------
    ValueError
        If labels or the second network are missing or don't fit.

    Examples
    --------
    >>> churn_where_right([[2.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [2.0, 0.0]], [0, 0])
    array([ 1., nan])
    """
    right = accuracy(outputs_a, None, y) == 1
    return np.where(right, churn(outputs_a, outputs_b), np.nan)
