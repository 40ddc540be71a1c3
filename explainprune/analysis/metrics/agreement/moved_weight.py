"""Moved weight: the share of the reasons' weight that differs between two attributions."""

from __future__ import annotations

from explainprune.analysis.metrics.agreement.pairs import pair
from explainprune.types import Array, metric
from explainprune.types.moved import moved_weights


@metric("share", "Moved weight", "share of the reasons' weight that moved", better="less")
def moved_weight(a: Array, b: Array, *, k: int | None = None) -> Array:
    r"""Return the share of the reasons' weight that moved, row by row.

    .. math:: D_i = \tfrac12 \sum_j \left| \frac{a_{ij}}{\lVert a_i \rVert_1}
              - \frac{b_{ij}}{\lVert b_i \rVert_1} \right|

    It sees signs, has no k and no ties, and does not see the scale of either side.

    Parameters
    ----------
    a, b : ndarray (n, d)
        Two attributions of the same samples.
    k : int, optional
        Not used: all features count.

    Returns
    -------
    ndarray (n,)
        In [0, 1], less is more alike. A row is zero where its size ‖·‖₁ is below 1e-6 of that
        side's mean over rows: NaN where both sides are, 1 where one is.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.array([[4.0, 0.0], [3.0, 1.0], [2.0, 0.0], [0.0, 0.0]])
    >>> moved_weight(a, np.array([[8.0, 0.0], [1.0, 3.0], [0.0, 5.0], [0.0, 1.0]]))
    array([0. , 0.5, 1. , 1. ])
    """
    return moved_weights(*pair(a, b))
