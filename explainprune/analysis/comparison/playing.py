"""Who plays: the players asked for, and patches of large images where each call counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from explainprune.analysis.attribution.automatic import unlimited
from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.hybrid import hybrid
from explainprune.analysis.attribution.reached import sums_features
from explainprune.data import load_data
from explainprune.lookup import name_of
from explainprune.types import Data

PIXELS = 1000
"""Images with more pixels are joined into patches where players cost calls of the model."""
PATCHES = 8
"""Patches along the longer side, at most."""


def with_players(
    data: Data, players: Any, methods: Iterable[Callable[..., Any]]
) -> tuple[Data, tuple[str, ...]]:
    """Return the data with its players, and what must be said of those that nobody asked for.

    Methods that go back from the output explain single pixels for the price of any players; those
    that only run the model forward pay for each player, and are given patches of large images.

    Parameters
    ----------
    data : Data
    players : as `load_data` takes them
        None: those of the data. ``"each"``: every feature, of whatever size the images are.
    methods : iterable of callable
    """
    if players is not None:
        data = load_data(data, players=players)
    if data.players is not None:
        # Features that all play for themselves are what no players means: images stay images.
        alone = data.players == tuple(range(len(data.players)))
        return (data.with_(players=None, player_names=None) if alone else data), ()
    shape, dear = data.image_shape, [name_of(m) for m in methods if _runs_for_each(m)]
    if shape is None or not dear or np.prod(shape[:2]) <= PIXELS:
        return data, ()
    side = -(-max(shape[:2]) // PATCHES)
    data = load_data(data, players=f"patch:{side}")
    return data, (
        f"Players are {max(data.players or (0,)) + 1} patches of {side} × {side} pixels, all "
        f"channels together: {dear[0]} runs the model for each player. players='each' explains "
        "single values.",
    )


def _runs_for_each(method: Callable[..., Any]) -> bool:
    """Whether a method runs the model anew for each player; `exact` pays for links, not players."""
    return not sums_features(method) and method not in (exact, hybrid, unlimited)
