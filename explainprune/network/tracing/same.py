"""A rewritten network is held against the one that it stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from explainprune.types import Array

FIRST_ROWS = 16
"""How many rows of a batch rewritten networks are held against the model on."""

OF_CHANGES = 1e-3
"""Largest difference that passes, as a share of how far outputs lie apart."""

ROUNDINGS = 32
"""Largest difference that passes where outputs lie closer than numbers can be told apart."""


def check_same(found: Array, expected: Array, what: str, precision: float = 1.2e-7) -> None:
    """Raise if a rewritten network outputs something else than the network itself.

    Differences are read against how far the outputs of these rows lie apart, and against the
    rounding of numbers of their size.

    Parameters
    ----------
    found, expected : ndarray (n, outputs)
        Outputs of the rewritten network and of the network itself, on the same rows.
    what : str
        What was rewritten, at the beginning of the error.
    precision : float
        Relative rounding of the numbers that the network computes with; see `precision_of`.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_same(np.array([[1.0], [3.0]]), np.array([[1.0], [2.0]]), "The unrolled graph")
    Traceback (most recent call last):
    ...
    ValueError: The unrolled graph outputs something else than the model: up to 1 in row 1, where \
outputs lie 1 apart. Nothing was computed from it.
    """
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    away = np.abs(found - expected)
    apart = float(np.ptp(expected, axis=0).max(initial=0))
    allowed = OF_CHANGES * apart + ROUNDINGS * precision * np.abs(expected).max(initial=0)
    if not (away <= allowed).all():
        row = int(np.argmax(away.max(axis=1)))
        raise ValueError(
            f"{what} outputs something else than the model: up to {away.max():.3g} in row {row}, "
            f"where outputs lie {apart:.3g} apart. Nothing was computed from it."
        )


def precision_of(layers: Iterable[Any]) -> float:
    """Return the relative rounding of the coarsest numbers that layers compute with."""
    coarse = {"float16": 9.8e-4, "bfloat16": 7.8e-3}
    kinds = {str(getattr(each, "compute_dtype", "")) for each in layers}
    return max([coarse[kind] for kind in kinds if kind in coarse], default=1.2e-7)
