"""Coefficient of determination."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.metrics.behaviour.prediction import as_outputs
from explainprune.types import Array, metric


def r2_rows(
    outputs_a: Array,
    outputs_b: Array | None = None,
    y: Array | None = None,
    weights: Array | None = None,
) -> Array:
    """Return one value for each row whose mean is `r2` and whose spread is its sampling error.

    ``R² + ψ_i`` with the influence ``ψ_i = −(e_i² − A)/B + (A/B²)((y_i − ȳ)² − B)``, where
    A = mean e² and B = mean (y − ȳ)², weighted if rows have weights.
    """
    predictions, y = _fitting(outputs_a, y)
    counted = y if weights is None else y[weights > 0]
    if (counted == counted[0]).all(axis=0).any():
        return np.full(len(y), np.nan)
    middle = np.average(y, axis=0, weights=weights)
    errors, spread = (y - predictions) ** 2, (y - middle) ** 2
    a, b = (np.average(each, axis=0, weights=weights) for each in (errors, spread))
    rows = 1 - a / b - (errors - a) / b + (a / b**2) * (spread - b)
    return np.asarray(rows.mean(axis=1))


@metric(
    "number",
    "R²",
    better="more",
    bounds=(None, 1.0),
    task="regression",
    labelled=True,
    rows=r2_rows,
)
def r2(outputs_a: Array, outputs_b: Array | None = None, y: Array | None = None) -> float:
    """Return ``1 − Σ(y − f)² / Σ(y − ȳ)²``, averaged over outputs.

    Parameters
    ----------
    outputs_a : ndarray (n, K)
        Predictions.
    outputs_b : optional
        Not used.
    y : ndarray (n,) or (n, K)

    Returns
    -------
    float
        NaN if y doesn't vary.

    Raises
    ------
    ValueError
        If y is missing or of another shape.

    Examples
    --------
    >>> r2([1.0, 2.0, 3.0], None, [1.0, 2.0, 4.0]).__round__(4)
    0.7857
    """
    from sklearn.metrics import r2_score

    predictions, y = _fitting(outputs_a, y)
    if (y == y[0]).all(axis=0).any():
        return float("nan")
    return float(r2_score(y, predictions, multioutput="uniform_average"))


def _fitting(outputs: Any, y: Any) -> tuple[Array, Array]:
    outputs = as_outputs(outputs)
    if y is None:
        raise ValueError("R² needs labels. Received: y=None.")
    y = np.asarray(y, dtype=np.float64)
    y = y[:, None] if y.ndim == 1 else y
    if y.shape != outputs.shape:
        raise ValueError(
            f"R² compares predictions {outputs.shape} with labels of one shape. "
            f"Received: y.shape={y.shape}."
        )
    return outputs, y
