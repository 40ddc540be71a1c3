"""FPGM: filters that the other filters of the layer can stand in for go first."""

from __future__ import annotations

import numpy as np

from explainprune.types import Array


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
