"""Layers that hold another: TimeDistributed runs it at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from explainprune.network.graph.graph import Call
from explainprune.network.layers.kind import Kind, Sized, passing_of
from explainprune.network.layers.passing import Change, Cut, Passing, Placed
from explainprune.network.layers.units import LeaveWhole, Ledger, Units
from explainprune.types import Array


def inside(call: Call) -> Call:
    """Return the call of the wrapped layer, the axis of steps gone."""
    return replace(
        call,
        operation=call.operation.layer,
        shapes_in=tuple((shape[0], *shape[2:]) for shape in call.shapes_in),
        shapes_out=tuple((shape[0], *shape[2:]) for shape in call.shapes_out),
    )


def resized(layer: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Replace entries in a serialised layer; the shape it was built for is forgotten."""
    kept = {key: value for key, value in layer.items() if key != "build_config"}
    return {**kept, "config": {**layer["config"], **config}}


def _passing(kind: Passing) -> Passing:
    """Build the kind of a TimeDistributed layer from that of the layer inside."""

    def trace(
        call: Call, inputs: tuple[Units, ...], ledger: Ledger
    ) -> tuple[tuple[Units, ...], Any]:
        if any(units.axis < 2 for units in inputs):
            raise LeaveWhole("the units of its input lie along the axis of steps")
        moved = tuple(Units(units.axis - 1, units.atoms) for units in inputs)
        outputs, extra = kind.trace(inside(call), moved, ledger)
        within = Placed(inside(call), moved, outputs, extra)
        return tuple(Units(units.axis + 1, units.atoms) for units in outputs), within

    def change(placed: Placed, cut: Cut) -> Change:
        found = kind.change(placed.extra, cut)
        wrapped = resized(placed.call.operation.get_config()["layer"], found.config)
        return replace(found, config={"layer": wrapped})

    def makes(placed: Placed) -> dict[str, Array]:
        within = {} if kind.makes is None else kind.makes(placed.extra)
        return {f"layer/{name}".rstrip("/"): atoms for name, atoms in within.items()}

    def reads(placed: Placed) -> Mapping[str, tuple[int, Array]]:
        assert kind.reads is not None
        return kind.reads(placed.extra)

    def inner(placed: Placed) -> Array:
        assert kind.inner is not None
        return kind.inner(placed.extra)

    return Passing(
        trace=trace,
        constants=lambda placed, inputs: kind.constants(placed.extra, inputs),
        needs=lambda placed, *arrays: kind.needs(placed.extra, *arrays),
        change=change,
        makes=makes if kind.makes is not None else None,
        reads=None if kind.reads is None else reads,
        inner=None if kind.inner is None else inner,
    )


def time_distributed(kind_of: Callable[[Any], Kind]) -> Kind:
    """Return the kind of TimeDistributed, which asks `kind_of` for the layer inside."""

    def passing(call: Call) -> Passing:
        if "/" in "".join(call.weights):
            raise LeaveWhole("the layer inside it is made of others")
        return _passing(passing_of(kind_of(call.operation.layer), inside(call)))

    def multiply_adds(call: Sized) -> int:
        """Count the layer inside, once for each step."""
        within = replace(
            call,
            operation=call.operation.layer,
            shapes_in=(call.shapes_in[0][1:],),
            shapes_out=(call.shapes_out[0][1:],),
            weights={name.removeprefix("layer/"): shape for name, shape in call.weights.items()},
        )
        count = kind_of(within.operation).multiply_adds
        return 0 if count is None else (call.shapes_in[0][0] or 1) * count(within)

    def holds(name: str, kind: Kind, shape: tuple[int, ...]) -> int:
        return int(shape[kind.unit_axis()]) if name == "layer" and kind.has_units else 0

    return Kind(passing=passing, multiply_adds=multiply_adds, holds=holds)
