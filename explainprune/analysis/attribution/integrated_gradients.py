"""Integrated gradients, by Gauss–Legendre quadrature."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import Explained, base_output
from explainprune.analysis.attribution.sampling.adaptive_paths import MOST, adaptive_integrals
from explainprune.analysis.attribution.sampling.replicates import check_count, check_positive
from explainprune.network import Network, gauss_legendre
from explainprune.network.integrals import path_integrals
from explainprune.types import Array

_NOTABLE = 1e-3


def integrated_gradients(
    network: Network,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    steps: int | None = None,
    tolerance: float = 1e-5,
) -> Explained:
    r"""Integrate the gradient along the straight line from each background row to the sample.

    .. math:: \phi_i(x) = \frac1{|B|} \sum_{b \in B} (x_i - b_i)
              \int_0^1 \partial_i f(b + t (x - b)) \, dt

    By default the path is cut until values add up and cutting changes them no more: 16 gradients
    for a path of a smooth network, 150 for one of a small ReLU network. Where gradients jump more
    often than that can follow, as in convolutional networks, 257 nodes are spread evenly: the
    error is that of as many fixed ones, and a note says how large it is. A background of one row
    is the classical baseline; with many rows, `expected_gradients` is far cheaper.

    Parameters
    ----------
    network, x, background, targets
        As all methods have them: see `METHODS`. All outputs take one jacobian pass.
    steps : int, optional
        A fixed number of Gauss–Legendre nodes on each path, without cuts: exact for polynomials
        of degree ``2 steps − 1``; across kinks the error falls only like 1 / steps.
    tolerance : float
        Without `steps`: by how much a path's values may fail to add up, as a share of the output's
        mean change from the background rows to the sample; down to what rounding leaves. Their own
        error may be three times that share of their length.

    Returns
    -------
    Explained
        Complete up to the error of the integral. The gap shows no more than a part of it: errors of
        single values may cancel.

    References
    ----------
    Sundararajan, Taly, Yan 2017, arXiv:1703.01365.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: x[:, 0] * x[:, 1], 2)
    >>> integrated_gradients(
    ...     network, np.array([[2.0, 3.0]]), np.zeros((1, 2)), np.array([0])
    ... ).values.round(6)
    array([[3., 3.]])
    """
    check_positive("tolerance", tolerance)
    if steps is None:
        values, notes = _settled(network, x, background, targets, tolerance)
    else:
        notes = ()
        nodes, weights = gauss_legendre(check_count("steps", steps))
        positions = np.broadcast_to(nodes, (len(x), len(background), steps))
        values, _ = path_integrals(network, x, background, positions, weights, targets)
    base = base_output(network, background, targets, len(x))
    return Explained(values, base, complete=True, notes=notes)


def _settled(
    network: Network, x: Array, background: Array, targets: Array | None, tolerance: float
) -> tuple[Array, tuple[str, ...]]:
    """Integrate to the tolerance; say so where the gradients allowed didn't do."""
    found = adaptive_integrals(network, x, background, targets, tolerance)
    length = np.linalg.norm(found.values, axis=1)
    share = np.divide(found.error, length, out=np.zeros_like(length), where=length > 0)
    if share.max(initial=0.0) <= _NOTABLE:
        return found.values, ()
    rows = int((share.reshape(len(x), -1) > _NOTABLE).any(axis=1).sum())
    return found.values, (
        f"The gradient jumps more often than {MOST} nodes a path can follow: in {rows} of {len(x)} "
        f"rows values err by up to about {share.max():.1%} of their length (the root of the sum of "
        "their squares). Pass steps= for more nodes, evenly spread.",
    )
