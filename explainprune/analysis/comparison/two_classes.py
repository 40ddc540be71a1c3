"""A formula of one unit for two classes, as a network of two outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network import Network
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class TwoClasses:
    """The classes "no" and "yes" behind one unit.

    Of a logit z they are −z/2 and z/2, the centred logits of a softmax with the same
    probabilities; of a probability p they are 1 − p and p.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> one = FormulaNetwork(lambda x: 3 * x[:, 0], 1)
    >>> TwoClasses(one, probability=False).outputs(np.array([[2.0]]))
    array([[-3.,  3.]])
    """

    network: Network
    probability: bool
    n_outputs: int = 2

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    @property
    def n_inputs(self) -> int:
        """Features of a flat row."""
        return self.network.n_inputs

    @property
    def rows_per_call(self) -> int:
        """Rows that fit into one call."""
        return self.network.rows_per_call

    def outputs(self, x: Array) -> Array:
        """Return both classes: (n, 2)."""
        yes = self._factor * np.asarray(self.network.outputs(x))
        return np.concatenate([self.probability - yes, yes], axis=1)

    def gradients(self, x: Array, targets: Array) -> Array:
        """Return the gradient of the target class."""
        slope = self.network.gradients(x, np.zeros_like(targets))
        signs = np.where(np.asarray(targets) == 1, self._factor, -self._factor)
        return np.asarray(slope * signs[:, None])

    def jacobian(self, x: Array) -> Array:
        """Return the gradients of both classes: (n, n_inputs, 2)."""
        slope = self._factor * np.asarray(self.network.jacobian(x))
        return np.concatenate([-slope, slope], axis=2)

    @property
    def _factor(self) -> float:
        return 1.0 if self.probability else 0.5
