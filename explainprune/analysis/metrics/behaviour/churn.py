"""Churn: predictions that differ between two networks, and right ones that were lost."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.behaviour.accuracy import accuracy
from explainprune.analysis.metrics.behaviour.prediction import predicted
from explainprune.types import Array, metric


@metric(
    "share", "Churn", "predictions that changed", better="less", task="classification", of_two=True
)
def churn(outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None) -> Array:
    """Return 1 for each row where the two networks predict different classes, else 0.

    The mean bounds the loss of accuracy whatever the labels are.

    Parameters
    ----------
    outputs_a, outputs_b : ndarray (n, K)
        Logits of both networks.
    y : optional
        Not used.

    Returns
    -------
    ndarray (n,)

    Raises
    ------
    ValueError
        If there is no second network or the shapes differ.

    Notes
    -----
    Milani Fard et al. 2016, "Launch and Iterate".

    Examples
    --------
    >>> churn([[2.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 3.0]])
    array([1., 0.])
    """
    if outputs_b is None or np.shape(outputs_a) != np.shape(outputs_b):
        raise ValueError(
            "Churn compares two networks on the same rows. Received: outputs of shape "
            f"{np.shape(outputs_a)} and {None if outputs_b is None else np.shape(outputs_b)}."
        )
    return np.asarray(predicted(outputs_a) != predicted(outputs_b), dtype=np.float64)


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
    outputs_a, outputs_b, y
        As all metrics of behaviour have them: see `METRICS`.

    Returns
    -------
    ndarray (n,)
        Its mean without NaN is the share of right answers that the second network lost.

    Examples
    --------
    >>> churn_where_right([[2.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [2.0, 0.0]], [0, 0])
    array([ 1., nan])
    """
    right = accuracy(outputs_a, None, y) == 1
    return np.where(right, churn(outputs_a, outputs_b), np.nan)


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
    outputs_a, outputs_b, y
        As all metrics of behaviour have them: see `METRICS`.

    Returns
    -------
    ndarray (n,)

    Notes
    -----
    Yan et al. 2021, "Positive-congruent training", arXiv:2011.09161.

    Examples
    --------
    >>> negative_flips([[2.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [2.0, 0.0]], [0, 0])
    array([1., 0.])
    """
    return np.asarray(churn(outputs_a, outputs_b) * accuracy(outputs_a, None, y))
