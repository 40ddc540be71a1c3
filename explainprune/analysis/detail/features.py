"""Which features mattered, before and after, and which changed their part."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array, FeatureRow

DRAWS = 500
MOST = 4096
"""Most features that are listed; beyond it, the largest."""
_BLOCK = 2**22

Ends = tuple[float, float]


def feature_rows(
    dense: Array, other: Array, names: tuple[str, ...], *, seed: int, beta: float | None = None
) -> tuple[FeatureRow, ...]:
    """Return each feature's share of all absolute attribution in both models.

    ``Σ_rows |φ_i| / Σ_rows Σ_j |φ_j|``, with a percentile bootstrap interval over rows; and the
    same of ``φ_other - β φ_dense``, as a share of the other model's total.

    Parameters
    ----------
    dense, other : ndarray (n, p)
    names : tuple of str (p,)
    seed : int
    beta : float, optional
        None: no feature's change is told.
    """
    ours, theirs = (_told(np.abs(v), seed) for v in (dense, other))
    largest = np.argsort(-np.maximum(ours[0], theirs[0]), kind="stable")[:MOST]
    listed = np.sort(largest)
    if beta is None:
        return tuple(FeatureRow(names[i], *_at(ours, i), *_at(theirs, i)) for i in listed)
    moved = _told(np.abs(other - beta * dense), seed, of=np.abs(other))
    return tuple(
        FeatureRow(names[i], *_at(ours, i), *_at(theirs, i), *_at(moved, i)) for i in listed
    )


def shares(size: Array, seed: int, *, of: Array | None = None) -> tuple[Array, Array]:
    """Return shares (p,) of the column sums of `size` (n, p), and their intervals (2, p).

    Shares are of the sum of all columns of `of` (n, q), which rows are drawn with; None: of
    `size` itself.
    """
    n, p = size.shape
    total = (size if of is None else of).sum(axis=1, keepdims=True)
    whole = _share(size.sum(axis=0)[None], total.sum(axis=0)[None])[0]
    rng = np.random.default_rng(seed)
    parts = []
    block = max(1, _BLOCK // max(n, p))
    for start in range(0, DRAWS, block):
        counts = _counts(rng.integers(0, n, (min(block, DRAWS - start), n)), n)
        parts.append(_share(counts @ size, counts @ total))
    low, high = np.quantile(np.concatenate(parts), [0.025, 0.975], axis=0)
    return whole, np.stack([np.minimum(low, whole), np.maximum(high, whole)])


def _told(size: Array, seed: int, *, of: Array | None = None) -> tuple[Array, Array, Array]:
    whole, (low, high) = shares(size, seed, of=of)
    return whole, low, high


def _at(told: tuple[Array, Array, Array], i: int) -> tuple[float, Ends]:
    whole, low, high = (float(part[i]) for part in told)
    return whole, (low, high)


def _counts(picked: Array, n: int) -> Array:
    """Count how often each row was picked: (draws, n)."""
    draws = len(picked)
    shifted = picked + n * np.arange(draws)[:, None]
    return np.bincount(shifted.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)


def _share(sums: Array, total: Array) -> Array:
    return np.asarray(np.divide(sums, total, out=np.zeros_like(sums), where=total > 0))
