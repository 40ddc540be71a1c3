"""How far an attribution is from adding up."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array, metric


@metric(
    "number",
    "Additivity residual",
    "what the values fail to sum to",
    better="less",
    bounds=(0.0, None),
)
def additivity_residual(values: Array, base: Array, output: Array) -> Array:
    """Return ``|Σφ − (f − E f)| / sd(f)``: the unexplained rest in units of the output's spread.

    Parameters
    ----------
    values : ndarray (n, d)
    base : ndarray (n,)
        Mean explained output over the background, E f.
    output : ndarray (n,)
        Explained output of each sample; sd(f) is its standard deviation over these rows.

    Returns
    -------
    ndarray (n,)
        0 for a complete attribution; NaN where the output doesn't vary over the rows.

    Examples
    --------
    >>> values, output = np.array([[1.0, 1.0], [0.0, -1.0]]), np.array([2.0, -2.0])
    >>> additivity_residual(values, np.zeros(2), output)
    array([0. , 0.5])
    """
    values, output = np.asarray(values, dtype=np.float64), np.asarray(output, dtype=np.float64)
    rest = np.abs(values.sum(axis=1) - (output - np.asarray(base, dtype=np.float64)))
    spread = output.std()
    if spread <= 1e-12 * np.abs(output).max(initial=0.0):
        return np.full(len(rest), np.nan)
    return np.asarray(rest / spread)
