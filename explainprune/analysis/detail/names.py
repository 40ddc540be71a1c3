"""What the values of an attribution are called."""

from __future__ import annotations

import math
from typing import Any

from explainprune.types import Data


def names_of(data: Data, p: int, network: Any = None) -> tuple[str, ...]:
    """Return what the attributions' features (or players) are called.

    Several inputs give their names, in the order in which `network` reads them.
    """
    names = data.feature_names if data.players is None else data.player_names
    if names is None and data.players is None and isinstance(data.x, dict):
        names = _of_inputs(data, network)
    return names if names is not None and len(names) == p else tuple(f"x{i}" for i in range(p))


def inputs_in_order(data: Data, network: Any) -> tuple[str, ...]:
    """Return the names of several inputs as `network` reads them, else as they are given."""
    parts = getattr(getattr(network, "signature", None), "parts", ())
    read = tuple(part.name for part in parts)
    return read if set(read) == set(data.x) else tuple(data.x)


def _of_inputs(data: Data, network: Any) -> tuple[str, ...]:
    """Name the numbers of several inputs: by the input where it has only one."""
    names: list[str] = []
    for name in inputs_in_order(data, network):
        size = math.prod(data.x[name].shape[1:])
        names += [name] if size == 1 else [f"{name}[{i}]" for i in range(size)]
    return tuple(names)
