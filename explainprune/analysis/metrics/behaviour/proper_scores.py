"""Proper scores of probabilities: smallest, on average, for the true ones."""

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
    outputs_a, outputs_b, y
        As all metrics of behaviour have them: see `METRICS`.

    Returns
    -------
    ndarray (n,)

    Examples
    --------
    >>> log_loss([[0.0, 0.0]], None, [1]).round(4)
    array([0.6931])
    """
    labels = as_labels(y, outputs_a)
    return np.asarray(-log_probabilities(outputs_a)[np.arange(len(labels)), labels])


@metric(
    "number",
    "Brier score",
    "half the squared error of the probabilities",
    better="less",
    bounds=(0.0, 1.0),
    task="classification",
    labelled=True,
)
def brier(outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None) -> Array:
    """Return ``½ Σ_c (p_c − [c = label])²`` of each row; the mean is the Brier score.

    Of two classes that is ``(p − label)²``. It grows with errors and with false confidence alike,
    and is smallest on average for the true probabilities.

    Parameters
    ----------
    outputs_a, outputs_b, y
        As all metrics of behaviour have them: see `METRICS`.

    Returns
    -------
    ndarray (n,)
        In [0, 1].

    Notes
    -----
    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Examples
    --------
    >>> brier([[0.0, 0.0], [0.0, 100.0]], None, [1, 0]).round(6)
    array([0.25, 1.  ])
    """
    labels = as_labels(y, outputs_a)
    error = np.exp(log_probabilities(outputs_a))
    error[np.arange(len(labels)), labels] -= 1
    return np.asarray((error**2).sum(axis=1) / 2)
