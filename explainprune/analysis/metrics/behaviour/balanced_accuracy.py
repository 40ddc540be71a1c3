"""Balanced accuracy: recall, averaged over classes."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.behaviour.prediction import as_labels, predicted
from explainprune.types import Array, metric


def balanced_accuracy_rows(
    outputs_a: Array,
    outputs_b: Array | None = None,
    y: Array | None = None,
    weights: Array | None = None,
) -> Array:
    """Return one value for each row whose mean is the figure and whose spread is its error.

    ``B + (right_i − R_c)/(K p_c)`` for row i of class c, with recall R_c, share p_c of the rows and
    K classes: the influence of a row on a mean of ratios. Of rows with weights, shares of these.

    Returns
    -------
    ndarray (n,)
        NaN where fewer than two classes occur.
    """
    labels = as_labels(y, outputs_a)
    right = np.asarray(predicted(outputs_a) == labels, dtype=np.float64)
    own = np.ones(len(labels)) if weights is None else weights
    mass = np.bincount(labels, own)
    met = mass > 0
    if met.sum() < 2:
        return np.full(len(labels), np.nan)
    share = np.where(met, mass, 1)
    recall = np.bincount(labels, right * own) / share
    factor = own.sum() / (met.sum() * share)
    return np.asarray(recall[met].mean() + (right - recall[labels]) * factor[labels])


@metric(
    "number",
    "Balanced accuracy",
    "recall, averaged over classes",
    better="more",
    bounds=(0.0, 1.0),
    task="classification",
    labelled=True,
    rows=balanced_accuracy_rows,
)
def balanced_accuracy(
    outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None
) -> float:
    """Return the share of each class's rows that is predicted right, averaged over classes.

    Always predicting the most frequent class gives ``1/K``, however frequent it is. The recall of
    one class is the accuracy within that class.

    Parameters
    ----------
    outputs_a, outputs_b, y
        As all metrics of behaviour have them: see `METRICS`.

    Returns
    -------
    float
        Over the classes that occur; NaN if fewer than two do.

    Examples
    --------
    >>> balanced_accuracy([[2.0, 1.0], [2.0, 1.0], [2.0, 1.0], [2.0, 1.0]], None, [0, 0, 0, 1])
    0.5
    """
    return float(balanced_accuracy_rows(outputs_a, None, y).mean())
