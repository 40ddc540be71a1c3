"""From what a method returns to an Attribution in the caller's terms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.reading.players import joined, n_players
from explainprune.analysis.attribution.reading.samples import Samples
from explainprune.analysis.attribution.reading.views import View
from explainprune.types import Array, Attribution

_NOTABLE_GAP = 1e-3


def per_player(
    explained: Any, name: str, view: View, joins: bool, n: int, targets: Array | None
) -> Explained:
    """Check what a method returned, and add up features where it didn't join players itself.

    Parameters
    ----------
    explained : Explained
    name : str
        Of the method, for the errors.
    view : View
    joins : bool
        Whether the method took ``players``, and so returns one value per player.
    n : int
        Samples.
    targets : ndarray of int (n,), optional

    Raises
    ------
    TypeError, ValueError
        If it isn't an Explained, or has the wrong shapes.
    """
    if not isinstance(explained, Explained):
        raise TypeError(
            f"Method {name!r} returns an Explained. Received: {type(explained).__name__}."
        )
    trailing = () if targets is not None else (view.network.n_outputs,)
    width = n_players(view.players) if joins else view.network.n_inputs
    expected = {"values": (n, width, *trailing), "base": (n, *trailing)}
    if explained.std_error is not None:
        expected["std_error"] = expected["values"]
    if explained.interactions is not None:
        expected["interactions"] = (n, width, width, *trailing)
    for field, shape in expected.items():
        found = np.shape(getattr(explained, field))
        if found != shape:
            raise ValueError(
                f"Method {name!r} returns {field} of shape {shape} for these rows. "
                f"Received: shape={found}."
            )
    if joins:
        return explained
    merges = n_players(view.players) < width
    return replace(
        explained,
        values=joined(explained.values, view.players),
        # Errors of a player's features are correlated: theirs can't be had from them alone.
        std_error=None if merges else explained.std_error,
    )


def feature_names(samples: Samples, players: Any) -> tuple[str, ...] | None:
    """Return names along the values' feature axis, as far as they are known.

    `players` are those that the caller passed, before a `Data`'s own.
    """
    data = samples.data
    if players is not None:
        return None
    if data is not None and data.players is not None:
        return data.player_names
    return samples.feature_names


def gap_notes(method: str, relative_gap: float) -> tuple[str, ...]:
    """Say so where values that should add up miss the output by more than rounding."""
    if relative_gap <= _NOTABLE_GAP:
        return ()
    return (
        f"Values of {method} should add up, and miss the output by up to {relative_gap:.1e} of "
        "its largest change from the base.",
    )


def with_gap_noted(attribution: Attribution) -> Attribution:
    """Add a note where values that should add up don't."""
    notes = gap_notes(attribution.method, attribution.relative_gap) if attribution.complete else ()
    return replace(attribution, notes=(*attribution.notes, *notes))
