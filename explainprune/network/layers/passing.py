"""What must be known of a kind of layer to follow units through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.network.graph.graph import Call
from explainprune.network.layers.units import Ledger, Units
from explainprune.types import Array

Arrays = tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class Placed:
    """A call with the units of its tensors.

    Attributes
    ----------
    call : Call
    inputs, outputs : tuple of Units
    extra : object
        What the kind noted while tracing, such as index maps.
    """

    call: Call
    inputs: tuple[Units, ...]
    outputs: tuple[Units, ...]
    extra: Any = None

    @property
    def weights(self) -> dict[str, Array]:
        """The layer's weights by name."""
        return self.call.weights


@dataclass(frozen=True)
class Needs:
    """What a call needs of its inputs; one array per input, one entry per unit position.

    Attributes
    ----------
    needed : tuple of ndarray of bool
        Whether the value can reach something that matters.
    blocked : tuple of ndarray of bool
        Whether removing the position would change what the call gives. Only layers with kernels
        block: all others pass their units on.
    at_borders : tuple of ndarray of bool
        Of the blocked ones, those that are constant and blocked only by zero padding.
    own : ndarray of bool or None
        Positions of the output that the layer itself still reads (recurrent units).
    inner : ndarray of bool or None
        Which of the units inside the layer matter (heads of attention).
    """

    needed: Arrays
    blocked: Arrays
    at_borders: Arrays
    own: Array | None = None
    inner: Array | None = None


@dataclass(frozen=True)
class Cut:
    """What is kept of one call.

    Attributes
    ----------
    inputs, outputs : tuple of ndarray of int
        Positions kept along each tensor's unit axis.
    constants : tuple of ndarray
        For each input, the constants of all its positions; NaN where there is none.
    carried : tuple of (int, int, int, float)
        (input, position removed, position that stands in for it, factor).
    inner : ndarray of int
        Which of the units inside the layer are kept.
    """

    inputs: Arrays
    outputs: Arrays
    constants: Arrays
    carried: tuple[tuple[int, int, int, float], ...] = ()
    inner: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def folded(self, k: int) -> Array:
        """Constants of input `k` where its position goes and nothing stands in for it, else 0."""
        values = np.nan_to_num(self.constants[k], nan=0.0)
        values[self.inputs[k]] = 0.0
        values[[gone for source, gone, _, _ in self.carried if source == k]] = 0.0
        return values


@dataclass(frozen=True)
class Change:
    """A layer's new configuration entries and its new weights (those that change).

    `folds` says whether a constant other than zero moved into them.
    """

    config: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)
    folds: bool = False


Trace = Callable[[Call, tuple[Units, ...], Ledger], tuple[tuple[Units, ...], Any]]


@dataclass(frozen=True)
class Passing:
    """Four functions of a call.

    Attributes
    ----------
    trace : callable
        (call, units of the inputs, ledger) → units of the outputs, and what to remember; raises
        `LeaveWhole`.
    constants : callable
        (placed call, constants of the inputs) → constants of the outputs; NaN where a position is
        not known to be one number for all inputs of the model and all places.
    needs : callable
        (placed call, needed outputs, constants of the inputs, those of the outputs) → `Needs`.
    change : callable
        (placed call, `Cut`) → `Change`.
    makes : callable, optional
        Placed call → the units of its own, by the path within the layer of the one that holds their
        weights; "" for the layer itself. None: it passes on those of others.
    reads : callable, optional
        Placed call → for each weight that its inputs are multiplied with, by name: the axis of the
        weight along which they lie, and the unit at each place of it. None: it has no such weight.
    inner : callable, optional
        Placed call → units that lie on no tensor (heads of attention).
    """

    trace: Trace
    constants: Callable[[Placed, Arrays], Arrays]
    needs: Callable[[Placed, Arrays, Arrays, Arrays], Needs]
    change: Callable[[Placed, Cut], Change]
    makes: Callable[[Placed], Mapping[str, Array]] | None = None
    reads: Callable[[Placed], Mapping[str, tuple[int, Array]]] | None = None
    inner: Callable[[Placed], Array] | None = None


def of_itself(placed: Placed) -> Mapping[str, Array]:
    """Return the units of a layer that holds the weights itself: one for each output position."""
    return {"": placed.outputs[0].atoms}


def nothing(arrays: Arrays) -> Arrays:
    """Return all-False arrays of the same sizes."""
    return tuple(np.zeros(len(a), dtype=bool) for a in arrays)


def unknown(units: tuple[Units, ...]) -> Arrays:
    """Return all-NaN arrays, one for each tensor."""
    return tuple(np.full(len(u.atoms), np.nan) for u in units)


def no_change(placed: Placed, cut: Cut) -> Change:
    """Change nothing: for layers that adapt to their input's shape."""
    return Change()
