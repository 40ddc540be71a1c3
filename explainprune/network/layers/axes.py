"""Where layers look for their units."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.graph.graph import Call
from explainprune.network.layers.units import LeaveWhole, Units


def channel_axis(op: Any, rank: int) -> int:
    """Return the channel axis of a layer with a ``data_format``, batch axis 0."""
    return 1 if getattr(op, "data_format", None) == "channels_first" else rank - 1


def is_channels_last(op: Any) -> bool:
    """Say whether channels lie along the last axis."""
    return getattr(op, "data_format", None) in (None, "channels_last")


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


def others(call: Call) -> list[Any]:
    """Return the arguments of a call that aren't tensors of the graph, in one list."""
    flat = keras.tree.flatten((call.arguments.args, call.arguments.kwargs))
    found = [float(a) if np.ndim(a) == 0 and isinstance(a, np.number) else a for a in flat]
    return [a for a in found if not hasattr(a, "_keras_history")]


def not_known(call: Call) -> str:
    """Say that nothing is known of what a call does to units."""
    if isinstance(call.operation, keras.Layer):
        return f"what a {call.shown} layer does to each unit is not known"
    return f"what the operation {call.shown} does to each unit is not known"
