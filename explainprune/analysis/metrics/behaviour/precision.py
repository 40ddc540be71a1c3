"""Precision: of what is predicted as a class, the share that is."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.behaviour.prediction import as_labels, predicted
from explainprune.types import Array, metric


def precision_of(outputs: Array, y: Array | None, index: int) -> Array:
    """Return 1 for each row that is rightly predicted as class `index`, 0 wrongly, NaN if not so.

    The mean without NaN is that class's precision. (Its recall is the accuracy on its rows.)
    """
    labels, said = as_labels(y, outputs), predicted(outputs)
    return np.where(said == index, np.asarray(labels == index, dtype=np.float64), np.nan)


def precision_rows(
    outputs_a: Array,
    outputs_b: Array | None = None,
    y: Array | None = None,
    weights: Array | None = None,
) -> Array:
    """Return one value for each row whose mean is the figure and whose spread is its error.

    ``P + (right_i − P_c)/(K q_c)`` for a row predicted as class c, with precision P_c, share q_c of
    the predictions (or of their weight) and K classes; P for rows predicted as a class that doesn't
    occur.

    Returns
    -------
    ndarray (n,)
        NaN where fewer than two classes occur.
    """
    labels, said = as_labels(y, outputs_a), predicted(outputs_a)
    right = np.asarray(said == labels, dtype=np.float64)
    own = np.ones(len(labels)) if weights is None else weights
    occur = np.unique(labels[own > 0])
    if len(occur) < 2:
        return np.full(len(labels), np.nan)
    most = int(max(labels.max(), said.max())) + 1
    mass = np.bincount(said, own, minlength=most)
    share = np.where(mass > 0, mass, 1)
    each = np.bincount(said, right * own, minlength=most) / share
    weight = own.sum() / (len(occur) * share)
    off = np.where(np.isin(said, occur), (right - each[said]) * weight[said], 0.0)
    return np.asarray(each[occur].mean() + off)


@metric(
    "number",
    "Precision",
    "of what is predicted as a class, the share that is",
    better="more",
    bounds=(0.0, 1.0),
    task="classification",
    labelled=True,
    rows=precision_rows,
)
def precision(outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None) -> float:
    """Return precision, averaged over the classes that occur.

    Of the rows predicted as a class, the share that has it as a label; 0 for a class that is never
    predicted. Its counterpart is balanced accuracy, the mean recall.

    Parameters
    ----------
    outputs_a, outputs_b, y
        As all metrics of behaviour have them: see `METRICS`.

    Returns
    -------
    float
        NaN if fewer than two classes occur.

    Examples
    --------
    >>> precision([[2.0, 1.0], [2.0, 1.0], [1.0, 2.0], [1.0, 2.0]], None, [0, 1, 1, 1])
    0.75
    """
    return float(precision_rows(outputs_a, None, y).mean())
