"""Negative flips: right answers that the second network lost."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.behaviour.accuracy import accuracy
from explainprune.analysis.metrics.behaviour.churn import churn
from explainprune.types import Array, metric


@metric(
    "share",
    "Negative flips",
    "right before, wrong now",
    better="less",
    task="classification",
    labelled=True,
    of_two=True,
)
def negative_flips(
    outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None
) -> Array:
    """Return 1 for each row that only the first network gets right, else 0.

    The mean is the negative flip rate, a share of all rows; less the positive flips it is the fall
    of accuracy, which can be 0 while many answers were lost.

    Parameters
    ----------
    outputs_a, outputs_b : ndarray (n, K)
        Logits of both networks.
    y : ndarray of int (n,)

    Returns
    -------
    ndarray (n,)

    Raises
    ------
    ValueError
        If labels or the second network are missing or don't fit.

    Notes
    -----
    Yan et al. 2021, "Positive-congruent training", arXiv:2011.09161.

    Examples
    --------
    >>> negative_flips([[2.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [2.0, 0.0]], [0, 0])
    array([1., 0.])
    """
    return np.asarray(churn(outputs_a, outputs_b) * accuracy(outputs_a, None, y))
