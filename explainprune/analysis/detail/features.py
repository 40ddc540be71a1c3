"""Which features mattered, before and after."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array, FeatureRow

DRAWS = 500
MOST = 4096
"""Most features that are listed; beyond it, the largest."""
_BLOCK = 2**22


def feature_rows(
    dense: Array, other: Array, names: tuple[str, ...], *, seed: int
) -> tuple[FeatureRow, ...]:
    """Return each feature's share of all absolute attribution in both models.

    ``Σ_rows |φ_i| / Σ_rows Σ_j |φ_j|``, with a percentile bootstrap interval over rows.

    Parameters
    ----------
    dense, other : ndarray (n, p)
    names : tuple of str (p,)
    seed : int
    """
    (ours, ours_at), (theirs, theirs_at) = (shares(np.abs(v), seed) for v in (dense, other))
    largest = np.argsort(-np.maximum(ours, theirs), kind="stable")[:MOST]
    return tuple(
        FeatureRow(
            names[i],
            float(ours[i]),
            (float(ours_at[0, i]), float(ours_at[1, i])),
            float(theirs[i]),
            (float(theirs_at[0, i]), float(theirs_at[1, i])),
        )
        for i in np.sort(largest)
    )


def shares(size: Array, seed: int) -> tuple[Array, Array]:
    """Return shares (p,) of the column sums of `size` (n, p), and their intervals (2, p)."""
    n, p = size.shape
    whole = _share(size.sum(axis=0)[None])[0]
    rng = np.random.default_rng(seed)
    parts = []
    block = max(1, _BLOCK // max(n, p))
    for start in range(0, DRAWS, block):
        picked = rng.integers(0, n, (min(block, DRAWS - start), n))
        parts.append(_share(_counts(picked, n) @ size))
    low, high = np.quantile(np.concatenate(parts), [0.025, 0.975], axis=0)
    return whole, np.stack([np.minimum(low, whole), np.maximum(high, whole)])


def _counts(picked: Array, n: int) -> Array:
    """Count how often each row was picked: (draws, n)."""
    draws = len(picked)
    shifted = picked + n * np.arange(draws)[:, None]
    return np.bincount(shifted.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)


def _share(sums: Array) -> Array:
    total = sums.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(sums, total, out=np.zeros_like(sums), where=total > 0))
