"""Gradient times input."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import Explained, base_output
from explainprune.network import Network
from explainprune.network.integrals import per_feature, slopes
from explainprune.types import Array


def gradient_input(
    network: Network, x: Array, background: Array, targets: Array | None
) -> Explained:
    r"""Return each feature's value times the gradient there.

    .. math:: \phi_i(x) = x_i \, \partial f(x) / \partial x_i

    Equal to the change from an all-zero input for networks that are linear without a bias;
    otherwise nothing holds the values to the output.

    Parameters
    ----------
    network, x, background, targets
        As all methods have them: see `METHODS`. The background is only for the base.

    Returns
    -------
    Explained
        Values in units of the output.

    References
    ----------
    Shrikumar et al. 2016, arXiv:1605.01713.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: 3 * x[:, 0] + x[:, 1] ** 2, 2)
    >>> at = np.array([[1.0, 2.0]])
    >>> gradient_input(network, at, np.zeros((1, 2)), np.array([0])).values.round(4)
    array([[3., 8.]])
    """
    values = per_feature(x, np.asarray(slopes(network, x, targets), dtype=np.float64))
    return Explained(values, base_output(network, background, targets, len(x)))
