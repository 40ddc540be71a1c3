"""What is removed: single weights, whole units, input features, or patterns of weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from explainprune.lookup import nearest
from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.pruning.granularity.block import block
from explainprune.pruning.granularity.fan_in import fan_in
from explainprune.pruning.granularity.input import input_
from explainprune.pruning.granularity.n_of_m import n_of_m
from explainprune.pruning.granularity.unit import coupled, unit
from explainprune.pruning.granularity.view import Entries, Sharing, View, implied_sparsity
from explainprune.pruning.granularity.weight import weight

__all__ = ["GRANULARITIES", "Entries", "Sharing", "View", "implied_sparsity", "view"]

GRANULARITIES: dict[str, tuple[str, Callable[..., View]]] = {
    "weight": (r"weight", weight),
    "unit": (r"unit", unit),
    "coupled": (r"coupled", coupled),
    "input": (r"input", input_),
    "fan_in:K": (r"fan_in:(\d+(?:,\d+)*)", fan_in),
    "N:M": (r"(\d+):(\d+)", n_of_m),
    "block:RxC": (r"block:(\d+)x(\d+)", block),
}
"""How each is written: its pattern, the groups of which are numbers, and what they make."""


def view(granularity: str, model: Model, infos: Sequence[LayerInfo], criterion: Any = None) -> View:
    """See `model` at a granularity.

    Parameters
    ----------
    granularity : str
        As in ``GRANULARITIES``, letters replaced by numbers: ``"weight"``, ``"2:4"``,
        ``"fan_in:8"`` (or one number for each layer, ``"fan_in:16,4"``), ``"block:4x1"``.
    model : keras.Model
    infos : sequence of LayerInfo
        The layers that may lose something.
    criterion : str, callable or Importance, optional
        What will score them: units that it isn't defined for stay.

    Raises
    ------
    ValueError
        If there is no such granularity, or nothing to prune at it.
    """
    for pattern, make in GRANULARITIES.values():
        found = re.fullmatch(pattern, str(granularity))
        if found:
            numbers = [int(n) for group in found.groups() for n in group.split(",")]
            if make in (unit, coupled) and criterion is not None:
                return make(model, infos, criterion=criterion)
            return make(model, infos, *numbers)
    known = ", ".join(GRANULARITIES)
    hint = nearest(str(granularity), GRANULARITIES)
    raise ValueError(f"Unknown granularity {granularity!r}.{hint} Known: {known}.")
