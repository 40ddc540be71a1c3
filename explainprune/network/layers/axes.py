"""Where layers look for their units."""

from __future__ import annotations

from typing import Any

from explainprune.network.graph.graph import Call
from explainprune.network.layers.units import LeaveWhole, Units


def channel_axis(op: Any, rank: int) -> int:
    """Return the channel axis of a layer with a ``data_format``, batch axis 0."""
    return 1 if getattr(op, "data_format", None) == "channels_first" else rank - 1


def expect_axis(call: Call, units: Units, axis: int) -> None:
    """Raise unless the units lie along `axis`."""
    if units.axis != axis:
        raise LeaveWhole(
            f"it reads axis {axis}, and the units of its input lie "
            + (f"along axis {units.axis}" if units.axis > 0 else "along no axis")
        )


def single(call: Call, inputs: tuple[Units, ...]) -> Units:
    """Return the only input's units, or raise."""
    if len(inputs) != 1 or len(call.outputs) != 1:
        raise LeaveWhole(f"it is called with {len(inputs)} tensors")
    return inputs[0]
