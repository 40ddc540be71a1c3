"""Accuracy."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.behaviour.prediction import as_labels, predicted
from explainprune.types import Array, metric


@metric("share", "Accuracy", better="more", task="classification", labelled=True)
def accuracy(outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None) -> Array:
    """Return 1 for each row whose predicted class is its label, else 0; the mean is the accuracy.

    Parameters
    ----------
    outputs_a, outputs_b, y
        As all metrics of behaviour have them: see `METRICS`.

    Returns
    -------
    ndarray (n,)

    Examples
    --------
    >>> accuracy([[2.0, 1.0], [0.0, 1.0]], None, [0, 0])
    array([1., 0.])
    """
    return np.asarray(predicted(outputs_a) == as_labels(y, outputs_a), dtype=np.float64)
