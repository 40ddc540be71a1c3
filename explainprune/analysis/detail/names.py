"""What the values of an attribution are called."""

from __future__ import annotations

import math
from typing import Any

from explainprune.types import Data
from explainprune.types.frames import named, named_inputs


def names_of(data: Data, p: int, network: Any = None) -> tuple[str, ...]:
    """Return what the attributions' features (or players) are called.

    Several inputs give their names, in the order in which `network` reads them.
    """
    names = data.feature_names if data.players is None else data.player_names
    if names is None and data.players is None and isinstance(data.x, dict):
        sizes = {n: math.prod(data.x[n].shape[1:]) for n in inputs_in_order(data, network)}
        names = named_inputs(sizes)
    return named(names, p)


def inputs_in_order(data: Data, network: Any) -> tuple[str, ...]:
    """Return the names of several inputs as `network` reads them, else as they are given."""
    parts = getattr(getattr(network, "signature", None), "parts", ())
    read = tuple(part.name for part in parts)
    return read if set(read) == set(data.x) else tuple(data.x)
