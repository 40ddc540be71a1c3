"""What a kernel says by itself, or with what it reads: none needs labels."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


def magnitude(kernel: Array) -> Array:
    """``|w|``; a unit's score is the L1 norm of its incoming weights.

    Han, Pool, Tran & Dally, "Learning both weights and connections", 2015, arXiv:1506.02626.

    >>> magnitude(np.array([[1.0, -2.0]]))
    array([[1., 2.]])
    """
    return np.abs(kernel)


def magnitude_l2(kernel: Array) -> Array:
    """``w²``; weights rank as by `magnitude`, a unit's score is its squared L2 norm.

    Li et al., "Pruning filters for efficient ConvNets", 2017, arXiv:1608.08710.

    >>> magnitude_l2(np.array([[1.0, -2.0]]))
    array([[1., 4.]])
    """
    return np.square(kernel)


def random(kernel: Array, units: int, level: str, rng: np.random.Generator) -> Array:
    """``U(0, 1)`` for each weight, or for each unit where units are asked for.

    A unit's sum over its weights would not do: sums over many weights hardly vary, so that units
    with few weights would all go first.

    Blalock et al., "What is the state of neural network pruning?", 2020, arXiv:2003.03033.

    >>> random(np.zeros((1, 2)), 2, "weight", np.random.default_rng(0)).round(3)
    array([[0.637, 0.27 ]])
    """
    return np.asarray(rng.random(units if level == "unit" else kernel.shape))


def fpgm(kernel: Array, unit_axis: int) -> Array:
    """``Σ_j ‖F_i − F_j‖₂`` over the signed filters F of the layer: far from the median, kept.

    He, Liu, Wang, Hu & Yang, "Filter pruning via geometric median for deep convolutional neural
    networks acceleration", 2019, arXiv:1811.00250.

    >>> fpgm(np.array([[0.0, 1.0, 5.0]]), 1)
    array([6., 5., 9.])
    """
    filters = np.moveaxis(kernel, unit_axis, 0).reshape(kernel.shape[unit_axis], -1)
    filters = filters.astype(np.float64)
    # ‖F_i − F_j‖² = ‖F_i‖² + ‖F_j‖² − 2 F_i·F_j: one product of matrices for all pairs. From their
    # mean, so that what filters have in common costs no digits.
    filters -= filters.mean(axis=0)
    products = filters @ filters.T
    lengths = np.diag(products)
    squares = np.maximum(lengths[:, None] + lengths - 2 * products, 0)
    np.fill_diagonal(squares, 0)
    return np.asarray(np.sqrt(squares).sum(axis=1))


def batchnorm(scale: Array) -> Array:
    """``|γ|`` of the batch normalisation that follows; layers without one are left out.

    Liu et al., "Learning efficient convolutional networks through network slimming", 2017,
    arXiv:1708.06519.

    >>> batchnorm(np.array([0.5, -1.0]))
    array([0.5, 1. ])
    """
    return np.abs(scale)


def synflow(synaptic_flow: Array) -> Array:
    """``|w| · ∂R/∂|w|``, with ``R = 1ᵀ (Π |W|) 1``: the sum over all paths through the weight.

    The authors prune in a hundred rounds, scoring anew in each. Tanaka, Kunin, Yamins & Ganguli,
    "Pruning neural networks without any data by iteratively conserving synaptic flow", 2020,
    arXiv:2006.05467.
    """
    return synaptic_flow


def wanda(kernel: Array, input_norm: Array) -> Array:
    """``|w| · ‖x‖``, where ‖x‖ is the norm over samples and positions of the feature it reads.

    ‖x‖² is a mean over samples here, so that scores don't grow with their number. Sun, Liu, Bair &
    Kolter, "A simple and effective pruning approach for large language models", 2023,
    arXiv:2306.11695.

    >>> wanda(np.array([[2.0, -1.0]]), np.array([[3.0]]))
    array([[6., 3.]])
    """
    return np.asarray(np.abs(kernel) * input_norm)


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
