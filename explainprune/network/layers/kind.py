"""All that is known of a family of layers, in one record."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explainprune.network.backend import keras
from explainprune.network.graph.graph import Call
from explainprune.network.layers.axes import not_known
from explainprune.network.layers.links import Link
from explainprune.network.layers.passing import Passing
from explainprune.network.layers.units import LeaveWhole
from explainprune.network.scalars.tensors import Reading, Tensor
from explainprune.types import Array

Shape = tuple[int | None, ...]
Sides = tuple[int, ...]

Links = Callable[[Call, list[Sides], Sides], list[Link] | None]
Scalars = Callable[[Call, Sequence[Tensor], Reading], Tensor]
Used = Callable[[Call, Array, Array], list[tuple[Any, Array]]]


@dataclass(frozen=True, eq=False)
class Sized:
    """A call as far as its cost goes: what it is, and how large all is.

    Attributes
    ----------
    operation : keras.Operation
    shapes_in, shapes_out : tuple of tuple
        Of tensors, without the row axis.
    weights : dict of str to tuple
        Shapes of the layer's weights by name.
    """

    operation: Any
    shapes_in: tuple[Shape, ...]
    shapes_out: tuple[Shape, ...]
    weights: Mapping[str, tuple[int, ...]]

    @property
    def numbers(self) -> int:
        """How many numbers it makes."""
        return product(self.shapes_out[0])

    def kernel(self, part: str = "kernel") -> tuple[int, ...]:
        """Return the shape of one of its kernels."""
        return self.weights[part]


def product(sides: Iterable[int | None]) -> int:
    """Multiply sizes; open ones count as one."""
    return int(math.prod(side or 1 for side in sides))


@dataclass(frozen=True, eq=False)
class Kind:
    """What is known of one family of layers or operations; a facet left out is not known.

    Attributes
    ----------
    passing : Passing, callable or str
        How units pass: four functions, or a function of a call that returns them or raises
        `LeaveWhole`; a str: why the layer is left whole, "" if only because nothing is known.
    links : callable or None
        (call, sizes of the inputs, size of the output) → one `Link` for each input, or None where
        this call has no such reading. None: every output is taken to read every input.
    multiply_adds : callable or None
        `Sized` call → multiply-adds of one row. None: it costs nothing.
    scalars : callable or None
        (call, given tensors, `Reading`) → `Tensor`; raises a ValueError that says why it can't, to
        be put after the layer's name. None: it is refused.
    used : callable or None
        (call, channels given, channels wanted) → for each kernel, which entries join one to the
        other. None: all do, if anything passes at all.
    patches : callable or None
        (layer, values) → what its kernel reads at each place: (places, incoming weights).
    holds : callable or None
        (name of a layer inside, its kind, shape of its kernel) → how many units, or heads, of this
        layer that kernel holds.
    unit_axes : mapping of str to int
        By name of a kernel: the axis along which units lie, where it isn't the last.
    input_axis : int or None
        Axis of its first kernel that reads the last axis of the input.
    gates : int
        Of a recurrent cell: columns of its kernels that each unit has.
    has_units : bool
        Whether nothing but what follows reads its units, so that they can go one by one.
    convolves : bool
        Whether it slides a kernel over places.
    activates : bool
        Whether it applies an activation function to all that it computes.
    bends : bool
        Whether it bends each value on its own (an `Activation` if its function does): a unit's
        activation is read behind it.
    idle : bool
        Whether it does nothing but in training.
    each_place : bool
        Whether signals go through it one by one (an `Activation` if its function does so).
    by_channel : bool
        Whether its units are the channels of its input, each with all that it makes of it.
    learnt_statistics : bool
        Whether it scales each unit by statistics gathered in training: BatchNormalization.
    head : str
        What it makes of logits: ``"softmax"``, ``"sigmoid"`` or "".
    chosen : callable or None
        Layer → its kind, where its configuration decides; all other facets are then left out.
    """

    passing: Passing | Callable[[Call], Passing] | str = ""
    links: Links | None = None
    multiply_adds: Callable[[Sized], int] | None = None
    scalars: Scalars | None = None
    used: Used | None = None
    patches: Callable[[Any, Any], Any] | None = None
    holds: Callable[[str, Kind, tuple[int, ...]], int] | None = None
    unit_axes: Mapping[str, int] = field(default_factory=dict)
    input_axis: int | None = None
    gates: int = 0
    has_units: bool = False
    convolves: bool = False
    activates: bool = False
    bends: bool = False
    idle: bool = False
    each_place: bool = False
    by_channel: bool = False
    learnt_statistics: bool = False
    head: str = ""
    chosen: Callable[[Any], Kind] | None = None

    def unit_axis(self, kernel: str = "kernel") -> int:
        """Return the axis of a kernel, counted from behind, along which units lie."""
        return self.unit_axes.get(kernel, -1)


def passing_of(kind: Kind, call: Call) -> Passing:
    """Return how units pass through a call, or raise `LeaveWhole` saying why none do."""
    further = (call.arguments.kwargs.get("training"), *call.arguments.args[1:])
    if any(argument is True for argument in further):
        raise LeaveWhole("it is called in training mode")
    found = kind.passing(call) if callable(kind.passing) else kind.passing
    if isinstance(found, str):
        raise LeaveWhole(found or not_known(call))
    if call.tied and isinstance(call.operation, keras.Layer):
        raise LeaveWhole("another layer has a weight of it as well")
    return found


UNKNOWN = Kind()
"""What is known of anybody else's layers."""
