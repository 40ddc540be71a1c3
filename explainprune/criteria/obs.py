"""Optimal brain surgeon: what the layer's output would lose with the other weights making up."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def obs(kernel: Array, input_gram: Array, damping: float = 0.01) -> Array:
    """``w_j² / [H⁻¹]_jj`` with ``H = E Σ_positions x xᵀ + λ I``, x being what the unit reads.

    What removing the weight adds to the squared error of the unit's output, before its activation,
    if its other weights are then the best there are: ``refit="obs"`` makes them so. λ is `damping`
    of the mean of H's diagonal. Hassibi & Stork, "Second order derivatives for network pruning:
    optimal brain surgeon", 1993; layer by layer as in Frantar & Alistarh, "SparseGPT", 2023,
    arXiv:2301.00774. Layers are not alike in how much an error of theirs matters: share removal
    with ``allocation="uniform"`` or ``"erk"`` to have it decide within layers only.

    >>> obs(np.array([[2.0], [1.0]]), np.array([[1.0, 0.0], [0.0, 4.0]]), damping=0.0)
    array([[4.],
           [4.]])
    """
    weights = kernel.reshape(-1, kernel.shape[-1]).astype(np.float64)
    # What reads nothing but zeros has an H of zeros: with the least there is, its weights score 0.
    level = (damping + 1e-12) * np.diag(input_gram).mean() or 1e-150
    inverse = np.linalg.inv(input_gram + level * np.eye(len(weights)))
    return np.asarray(weights**2 / np.diag(inverse)[:, None]).reshape(kernel.shape)
