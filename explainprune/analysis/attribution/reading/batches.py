"""A network that is called with at most so many rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.attribution.sampling.replicates import check_count
from explainprune.network import Network, chunks
from explainprune.types import Array


class InBatches:
    """`network`, called with at most `rows_per_call` rows at once.

    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: x[:, 0], 1)
    >>> InBatches(network, 2).outputs(np.array([[1.0], [2.0], [3.0]])).ravel(), network.calls
    (array([1., 2., 3.]), [2, 1])
    """

    def __init__(self, network: Network, rows_per_call: int) -> None:
        self.network = network
        self.rows_per_call = check_count("batch_size", rows_per_call)
        self.n_inputs = network.n_inputs
        self.n_outputs = network.n_outputs

    def __getattr__(self, name: str) -> Any:
        # The rest (names and shapes of outputs, packing, the model) is the network's own.
        if name == "network":
            raise AttributeError(name)
        return getattr(self.network, name)

    def outputs(self, x: Array) -> Array:
        """Return all outputs of each row: (n, n_inputs) → (n, n_outputs)."""
        return np.concatenate([self.network.outputs(x[part]) for part in self._parts(x)])

    def gradients(self, x: Array, targets: Array) -> Array:
        """Return the gradient of output ``targets[i]`` at row i: (n, n_inputs)."""
        parts = self._parts(x)
        return np.concatenate([self.network.gradients(x[part], targets[part]) for part in parts])

    def jacobian(self, x: Array) -> Array:
        """Return the gradients of all outputs: (n, n_inputs) → (n, n_inputs, n_outputs)."""
        return np.concatenate([self.network.jacobian(x[part]) for part in self._parts(x)])

    def _parts(self, x: Array) -> list[slice]:
        return list(chunks(len(x), 1, self.rows_per_call))


def unwrapped(network: Network) -> Network:
    """Return the network itself, for methods that need more of it than calls."""
    while isinstance(network, InBatches):
        network = network.network
    return network
