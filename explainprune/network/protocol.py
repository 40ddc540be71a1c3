"""A model seen as functions of arrays: what attribution methods and metrics may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, runtime_checkable

import numpy as np

from explainprune.types import Array

P = ParamSpec("P")
R = TypeVar("R")

Model = Any
"""A ``keras.Model``. Other folders name the type through this alias and never import Keras."""


@runtime_checkable
class Network(Protocol):
    """Outputs and gradients of a differentiable function of flat rows.

    Rows are two-dimensional here, ``(n, n_inputs)``: whoever talks to a user packs images and
    several inputs into that form and unpacks what comes back.

    Attributes
    ----------
    n_inputs, n_outputs : int
        Features of a flat row; outputs, all of them laid flat.
    rows_per_call : int
        How many rows fit into one call within the memory bound. Calls with more are allowed: they
        are split inside. Methods use it to size what they build before the call.
    """

    n_inputs: int
    n_outputs: int
    rows_per_call: int

    def outputs(self, x: Array) -> Array:
        """Return all outputs of each row: (n, n_inputs) → (n, n_outputs)."""
        ...

    def gradients(self, x: Array, targets: Array) -> Array:
        """Return the gradient of output ``targets[i]`` at row i: (n, n_inputs)."""
        ...

    def jacobian(self, x: Array) -> Array:
        """Return the gradients of all outputs: (n, n_inputs) → (n, n_inputs, n_outputs)."""
        ...


@dataclass(frozen=True)
class FormulaNetwork:
    """A network given by a formula, for tests and for teaching.

    Attributes
    ----------
    formula : callable
        (n, n_inputs) → (n,) or (n, n_outputs), in numpy.
    n_inputs : int
    gradient : callable, optional
        (n, n_inputs) → (n, n_inputs) or (n, n_inputs, n_outputs). None: central differences, with
        steps of 1e-5 of the row's largest number.
    calls : list of int
        Rows of each call to `outputs`, so that a test can count the work.

    Examples
    --------
    >>> network = FormulaNetwork(lambda x: 5 * x[:, 0] + x[:, 1] ** 2 + np.sin(x[:, 2]), 3)
    >>> network.outputs(np.array([[1.0, 2.0, 0.0]]))
    array([[9.]])
    >>> network.jacobian(np.array([[1.0, 2.0, 0.0]]))[0, :, 0].round(6)
    array([5., 4., 1.])
    """

    formula: Callable[[Array], Array]
    n_inputs: int
    gradient: Callable[[Array], Array] | None = None
    rows_per_call: int = 4096
    n_outputs: int = 1
    calls: list[int] = field(default_factory=list, compare=False)

    def outputs(self, x: Array) -> Array:
        """Evaluate the formula in float64."""
        x = np.asarray(x, dtype=np.float64)
        self.calls.append(len(x))
        return np.asarray(self.formula(x), dtype=np.float64).reshape(len(x), self.n_outputs)

    def gradients(self, x: Array, targets: Array) -> Array:
        """Pick one output's gradient for each row."""
        picked: Array = self.jacobian(x)[np.arange(len(x)), :, np.asarray(targets)]
        return picked

    def jacobian(self, x: Array) -> Array:
        """Evaluate `gradient`, or central differences of the formula."""
        x = np.asarray(x, dtype=np.float64)
        if self.gradient is not None:
            return np.asarray(self.gradient(x)).reshape(len(x), self.n_inputs, self.n_outputs)
        size = np.abs(x).max(axis=1, keepdims=True, initial=0.0)
        step = 1e-5 * np.where(size > 0, size, 1.0)
        columns = []
        for feature in np.eye(self.n_inputs):
            up, down = (self.formula(x + sign * step * feature) for sign in (1, -1))
            columns.append((np.asarray(up) - down).reshape(len(x), self.n_outputs) / (2 * step))
        return np.stack(columns, axis=1)


def chunks(n: int, rows_each: int, rows_per_call: int) -> Iterator[slice]:
    """Cut `n` samples, each of which costs `rows_each` rows, into slices within the row bound.

    >>> list(chunks(5, 100, 250))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    size = max(1, rows_per_call // max(1, rows_each))
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def kept_by_network(make: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Keep what a function makes of a network, by its other arguments, in the network itself.

    It is made once, and goes when the network goes: a cache of its own would keep networks alive,
    and their models.

    >>> made = kept_by_network(lambda network, size: [size])
    >>> network = FormulaNetwork(lambda x: x.sum(axis=1), 2)
    >>> made(network, 3) is made(network, 3), made(network, 3) is made(network, 4)
    (True, False)
    """
    name = f"_kept_{make.__name__}"

    @wraps(make)
    def kept(network: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        held: dict[Any, R] = vars(network).setdefault(name, {})
        key = (args, tuple(kwargs.items()))
        if key not in held:
            held[key] = make(network, *args, **kwargs)
        return held[key]

    return kept
