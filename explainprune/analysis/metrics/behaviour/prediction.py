"""Classes and probabilities from logits, and labels that fit them."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.types import Array


def as_outputs(outputs: Any) -> Array:
    """Return outputs as float64 ``(n, K)``; one number for each row becomes ``(n, 1)``."""
    rows: Array = np.asarray(outputs, dtype=np.float64)
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise ValueError(f"Expected outputs (n, K) or (n,). Received: shape={rows.shape}.")
    return rows


def predicted(outputs: Any) -> Array:
    """Return the class of each row: the largest logit; of a single logit, whether it is positive.

    >>> predicted([[0.1, 2.0], [3.0, -1.0]]), predicted([0.3, -0.2])
    (array([1, 0]), array([1, 0]))
    """
    rows = as_outputs(outputs)
    return np.asarray(rows[:, 0] > 0 if rows.shape[1] == 1 else rows.argmax(axis=1), dtype=np.int64)


def log_probabilities(outputs: Any) -> Array:
    """Return log-probabilities (n, classes) of a softmax, or of a sigmoid for a single logit.

    >>> np.exp(log_probabilities([[0.0]]))
    array([[0.5, 0.5]])
    """
    rows = as_outputs(outputs)
    if rows.shape[1] == 1:
        rows = np.concatenate([np.zeros_like(rows), rows], axis=1)
    return np.asarray(rows - np.logaddexp.reduce(rows, axis=1, keepdims=True))


def as_labels(y: Any, outputs: Any) -> Array:
    """Return class indices (n,) that fit `outputs`; one-hot rows are read as their class.

    Raises
    ------
    ValueError
        If labels are missing, of another shape, not whole, or outside the classes.
    """
    n, classes = as_outputs(outputs).shape
    classes = max(2, classes)
    if y is None:
        raise ValueError("This metric needs labels. Received: y=None.")
    y = np.asarray(y)
    if one_hot(y, (n, classes)):
        y = y.argmax(axis=1)
    y = y[:, 0] if y.shape == (n, 1) else y
    if y.shape != (n,):
        raise ValueError(f"Expected a label for each of {n} rows. Received: y.shape={y.shape}.")
    whole: Array = y.astype(np.int64)
    if (whole != y).any() or whole.min() < 0 or whole.max() >= classes:
        wrong = y[(whole != y) | (whole < 0) | (whole >= classes)]
        raise ValueError(
            f"Labels are class indices from 0 to {classes - 1}. Received: {wrong[0]} among them."
        )
    return whole


def one_hot(y: Array, shape: tuple[int, ...]) -> bool:
    """Whether labels have this shape and one 1 in each row, zeros beside it."""
    if y.shape != shape or y.ndim != 2 or y.shape[1] < 2:
        return False
    return bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
