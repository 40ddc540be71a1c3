"""The difference of two networks, as a network: which features changed their say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from explainprune.network.protocol import Network
from explainprune.types import Array

_SHARED = (
    "pack",
    "unpack",
    "flat_target",
    "output_kind",
    "output_names",
    "output_shapes",
    "notes",
    "signature",
)
"""What both networks have alike: the first one's serves."""


@dataclass(frozen=True)
class DifferenceNetwork:
    """f(x) = a(x) − β b(x).

    Attribution is linear in the network for the methods that are linear (gradients, integrated and
    expected gradients, Shapley values; not DeepLIFT's rescale rule), so that attributing this
    network shows what the two differ by, free of what they share. Fit β first: a mere change of
    temperature is no change of reasons.

    Parameters
    ----------
    a, b : Network
        Of the same inputs and outputs.
    beta : float
        Factor of `b`.

    Raises
    ------
    ValueError
        If `a` and `b` differ in their numbers of inputs or outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from explainprune.network import FormulaNetwork
    >>> a = FormulaNetwork(lambda x: 3 * x[:, 0], 1)
    >>> b = FormulaNetwork(lambda x: x[:, 0], 1)
    >>> DifferenceNetwork(a, b, 2.0).outputs(np.array([[5.0]]))
    array([[5.]])
    """

    a: Network
    b: Network
    beta: float = 1.0
    n_inputs: int = field(init=False)
    n_outputs: int = field(init=False)
    rows_per_call: int = field(init=False)

    def __post_init__(self) -> None:
        sizes = [(network.n_inputs, network.n_outputs) for network in (self.a, self.b)]
        if sizes[0] != sizes[1]:
            raise ValueError(
                "A difference needs two networks with the same numbers of inputs and outputs. "
                f"Received: {sizes[0]} and {sizes[1]}."
            )
        object.__setattr__(self, "n_inputs", self.a.n_inputs)
        object.__setattr__(self, "n_outputs", self.a.n_outputs)
        smaller = min(self.a.rows_per_call, self.b.rows_per_call)
        object.__setattr__(self, "rows_per_call", smaller)

    def __getattr__(self, name: str) -> Any:
        """Lay rows flat, and name outputs, as the first network does."""
        if name in _SHARED:
            return getattr(self.a, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def reach(self) -> Any:
        """What either network's gradients don't reach; None where neither can tell."""
        known = [getattr(each, "reach", None) for each in (self.a, self.b)]
        found = [each for each in known if each is not None]
        return found[0].and_(found[1]) if len(found) == 2 else next(iter(found), None)

    def outputs(self, x: Array) -> Array:
        """Return a(x) − β b(x): (n, n_inputs) → (n, n_outputs)."""
        result: Array = self.a.outputs(x) - self.beta * self.b.outputs(x)
        return result

    def gradients(self, x: Array, targets: Array) -> Array:
        """Return the gradient of output ``targets[i]`` at row i: (n, n_inputs)."""
        result: Array = self.a.gradients(x, targets) - self.beta * self.b.gradients(x, targets)
        return result

    def jacobian(self, x: Array) -> Array:
        """Return the gradients of all outputs: (n, n_inputs) → (n, n_inputs, n_outputs)."""
        result: Array = self.a.jacobian(x) - self.beta * self.b.jacobian(x)
        return result
