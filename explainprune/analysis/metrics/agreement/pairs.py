"""The two attributions that an agreement metric compares, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.types import Array


def pair(a: Any, b: Any, k: int | None = None) -> tuple[Array, Array]:
    """Return `a` and `b` as float64 arrays of one shape ``(n, d)``, with `k` in ``1 … d``.

    Raises
    ------
    ValueError
        If the shapes differ or aren't two-dimensional, a value isn't finite, or `k` doesn't fit.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.ndim != 2 or a.shape != b.shape:
        raise ValueError(
            "Agreement compares two attributions of one shape (samples, features). "
            f"Received: a.shape={a.shape}, b.shape={b.shape}."
        )
    for name, values in (("a", a), ("b", b)):
        if not np.isfinite(values).all():
            count = int((~np.isfinite(values)).sum())
            raise ValueError(f"Attributions are finite. Received: {count} that are not in {name}.")
    if k is not None and not (isinstance(k, (int, np.integer)) and 1 <= k <= a.shape[1]):
        raise ValueError(
            f"k counts leading features: from 1 to the {a.shape[1]} there are. Received: k={k!r}."
        )
    return a, b


def divide(part: Array, whole: Array) -> Array:
    """Return ``part / whole``, NaN where `whole` is 0."""
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole != 0))
