"""Players: what a coalition adds or removes, one feature or several that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.data.players import resolve_players
from explainprune.data.reading import Samples
from explainprune.types import Array

Names = tuple[str, ...] | None


def players_for(players: Any, samples: Samples, width: int) -> tuple[Any, Names]:
    """Return the player of each flat feature, and what players are called.

    Parameters
    ----------
    players : as `attribute` takes them
        None: those of a `Data` that has them; else each feature is its own, and None is returned.
    samples : Samples
    width : int
        Features of a row.

    Raises
    ------
    ValueError
        For players in words that don't fit the rows.
    """
    data, x = samples.data, samples.x
    if players is None:
        return (None, None) if data is None else (data.players, data.player_names)
    words = _in_words(players)
    if not words and (np.size(players) == width or np.asarray(players).dtype.kind not in "iu"):
        return players, None  # checked by `check_players`
    if not isinstance(x, np.ndarray):
        raise ValueError(
            f"players of several inputs are an integer for each of {width} features. "
            f"Received: {players!r}."
        )
    own = None if data is None else data.image_shape
    shape, image = own or x.shape[1:], own is not None
    names = samples.feature_names
    return resolve_players(players, names, width, shape, image=image)


def _in_words(players: Any) -> bool:
    """Whether players are said by a form, a prefix, a file or a mapping, not by numbers."""
    several = isinstance(players, list | tuple) and any(isinstance(p, str) for p in players)
    return several or isinstance(players, str | Path | Mapping)


def check_players(players: Any, n_features: int) -> Array:
    """Return the player of each flat feature as integers.

    Parameters
    ----------
    players : array-like of int, or None
        One entry for each of the `n_features` features, in any shape that lays flat to it.
        None: every feature is a player of its own.
    n_features : int

    Raises
    ------
    ValueError
        For another number of entries, entries that are not integers, or numbers that don't run
        0, 1, … without gaps.
    """
    if players is None:
        return np.arange(n_features)
    given = np.asarray(players)
    if given.size != n_features:
        raise ValueError(
            f"players needs one entry for each of the {n_features} features of a row. "
            f"Received: shape={given.shape}."
        )
    if given.dtype.kind not in "iu":
        raise ValueError(f"players are integers. Received: dtype={given.dtype}.")
    flat = given.ravel().astype(np.int64)
    used = np.unique(flat)
    if not np.array_equal(used, np.arange(len(used))):
        shown = ", ".join(str(number) for number in used[:10])
        raise ValueError(f"players are numbered 0, 1, … without gaps. Received: {shown}.")
    return flat


def n_players(players: Array) -> int:
    """Count the players."""
    return int(players.max()) + 1


def moving(x: Array, background: Array, players: Array) -> Array:
    """Tell which players differ from any background row, for each row of `x`: (n, P).

    The others change nothing, in whatever coalition.

    >>> moving(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 2.0, 0.0]]), np.array([0, 1, 1]))
    array([[False,  True]])
    """
    # All rows are like x where the least and the largest of them are.
    differ = (x != background.min(axis=0)) | (x != background.max(axis=0))
    return np.asarray(per_player_sums(differ.astype(np.int64), players) > 0)


def per_player_sums(values: Array, players: Array) -> Array:
    """Add up the values (n, d[, K]) of each player's features: (n, P[, K]).

    >>> per_player_sums(np.array([[1.0, 2.0, 4.0]]), np.array([0, 1, 0]))
    array([[5., 2.]])
    """
    count = n_players(players)
    if count == len(players) and np.array_equal(players, np.arange(count)):
        return values
    # With a player's features side by side, reduceat adds each run up in one go.
    order = np.argsort(players, kind="stable")
    first = np.searchsorted(players[order], np.arange(count))
    added: Array = np.add.reduceat(values[:, order], first, axis=1)
    return added
