"""Churn: predictions that differ between two networks."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.behaviour.prediction import predicted
from explainprune.types import Array, metric


@metric(
    "share",
    "Churn",
    "predictions that changed",
    better="less",
    task="classification",
    of_two=True,
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
