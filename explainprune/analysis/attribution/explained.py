"""What a method returns, and the two quantities that every method states: base and output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.network import Network
from explainprune.types import Array


@dataclass(frozen=True)
class Explained:
    """Values of flat features (or players) for each sample.

    Attributes
    ----------
    values : ndarray (n, d) or (n, d, K)
        The K outputs come last when all of them were asked for. Methods that take ``players``
        return one value per player in place of one per feature.
    base : ndarray (n,) or (n, K)
        Mean explained output over the background.
    std_error : ndarray, optional
        Standard error of each value, shaped like `values`; None where nothing was sampled or one
        draw cannot tell.
    ends : (ndarray, ndarray), optional
        Lowest and highest that each value can be, by proof; shaped like `values`.
    gap_error : ndarray (n,) or (n, K), optional
        Standard error of ``output − base − Σ values``, where that is 0 but for sampling.
    complete : bool
        Whether ``Σ values = output − base`` by construction.
    interactions : ndarray (n, d, d) or (n, d, d, K), optional
        Of methods that give them: see `Attribution`.
    notes : tuple of str
    settled : mapping
        What the method decided where the caller left it open (JSON values), for the record.
    """

    values: Array
    base: Array
    std_error: Array | None = None
    ends: tuple[Array, Array] | None = None
    gap_error: Array | None = None
    complete: bool = False
    interactions: Array | None = None
    notes: tuple[str, ...] = ()
    settled: Mapping[str, Any] = field(default_factory=dict)


def rounding(outputs: Array) -> float:
    """Return what rounding may make of outputs, as a share of their size: 16 times its unit.

    >>> f"{rounding(np.zeros(1, 'float32')):.1e}, {rounding(np.zeros(1)):.1e}"
    '1.9e-06, 3.6e-15'
    """
    dtype = np.asarray(outputs).dtype
    # Half precision that numpy has no name for (bfloat16) has eight bits.
    return 16 * float(np.finfo(dtype).eps if dtype.kind == "f" else 2.0**-7)


def least(base: Array, outputs: Array) -> Array:
    """Return what rounding may make of values of samples, from the base and the dtype of outputs.

    base (n,) or (n, K) → (n,)
    """
    return np.asarray(rounding(outputs) * np.abs(base).reshape(len(base), -1).max(axis=1))


def chosen(outputs: Array, targets: Array | None) -> Array:
    """Pick output ``targets[i]`` of row i, or keep all outputs when `targets` is None.

    >>> chosen(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0]))
    array([2., 3.])
    """
    picked = outputs if targets is None else outputs[np.arange(len(outputs)), targets]
    return np.asarray(picked, dtype=np.float64)


def picked(values: Array, targets: Array | None) -> Array:
    """Pick output ``targets[i]`` of row i along the last axis, or keep all."""
    return values if targets is None else values[np.arange(len(values)), ..., targets]


def for_each_output(
    values_of: Callable[[Array], Array], targets: Array | None, n: int, n_outputs: int
) -> Array:
    """Return the values of each row's target, or of all outputs one after another, as last axis.

    Parameters
    ----------
    values_of : callable
        From the index of an output for each of `n` rows to their values (n, ...).
    targets : ndarray of int (n,), optional
    n, n_outputs : int
    """
    if targets is not None:
        return values_of(targets)
    return np.stack([values_of(np.full(n, output)) for output in range(n_outputs)], axis=-1)


def explained_output(network: Network, x: Array, targets: Array | None) -> Array:
    """Return the explained output of each row: (n,), or (n, K) for all outputs."""
    return chosen(network.outputs(x), targets)


def base_output(network: Network, background: Array, targets: Array | None, n: int) -> Array:
    """Return the mean output over the background, for each of `n` samples: (n,) or (n, K)."""
    mean = np.asarray(network.outputs(background), dtype=np.float64).mean(axis=0)
    rows: Array = np.broadcast_to(mean, (n, len(mean)))
    return chosen(rows, targets)
