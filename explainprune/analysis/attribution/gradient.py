"""Plain gradients."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.attribution.explained import Explained, base_output
from explainprune.network import Network
from explainprune.network.integrals import slopes
from explainprune.types import Array


def gradient(network: Network, x: Array, background: Array, targets: Array | None) -> Explained:
    r"""Return how fast the explained output changes with each feature, at the sample.

    .. math:: \phi_i(x) = \partial f(x) / \partial x_i

    A sensitivity, not a share of the output: values don't add up to anything.

    Parameters
    ----------
    network, x, background, targets
        As all methods have them: see `METHODS`. The background is only for the base.

    Returns
    -------
    Explained
        Values in units of output per unit of input.

    References
    ----------
    Simonyan, Vedaldi, Zisserman 2014, arXiv:1312.6034.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: 3 * x[:, 0] + x[:, 1] ** 2, 2)
    >>> gradient(network, np.array([[1.0, 2.0]]), np.zeros((1, 2)), np.array([0])).values.round(4)
    array([[3., 4.]])
    """
    values = np.asarray(slopes(network, x, targets), dtype=np.float64)
    return Explained(values, base_output(network, background, targets, len(x)))
