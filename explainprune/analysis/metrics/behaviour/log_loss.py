"""Log loss."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.behaviour.prediction import as_labels, log_probabilities
from explainprune.types import Array, metric


@metric(
    "number",
    "Log loss",
    "lower is better",
    better="less",
    bounds=(0.0, None),
    task="classification",
    labelled=True,
)
def log_loss(outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None) -> Array:
    """Return ``−log p(label)`` of each row in nats; the mean is the log loss.

    Parameters
    ----------
    outputs_a : ndarray (n, K)
        Logits.
    outputs_b : optional
        Not used.
    y : ndarray of int (n,)

    Returns
    -------
    ndarray (n,)

    Raises
    ------
    ValueError
        If labels are missing or don't fit the outputs.

    Examples
    --------
    >>> log_loss([[0.0, 0.0]], None, [1]).round(4)
    array([0.6931])
    """
    labels = as_labels(y, outputs_a)
    return np.asarray(-log_probabilities(outputs_a)[np.arange(len(labels)), labels])
