"""Insertion and deletion: how soon the leading players bring an output about, or take it away."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.metrics.quality.removal import Removal, places
from explainprune.network import Network
from explainprune.types import Array, metric

LEAST = 0.01
"""A change below this share of |f(x)| + |f(background)| is too small to divide by."""


@metric(
    "number",
    "Insertion",
    "area under the output as leading reasons are put in; 1: at once",
    better="more",
)
def insertion(
    network: Network,
    x: Array,
    values: Array,
    background_row: Array,
    targets: Array,
    *,
    players: Array | None = None,
) -> Array:
    """Return the area under the normalised insertion curve of each row.

    Players are put into the background row one by one, those first that carry most of the change
    f(x) − f(b); the curve is ``(f − f(b)) / (f(x) − f(b))`` over the share of players put in, from
    0 to 1, and its area is taken by trapezoids. Dividing by the model's own change makes it blind
    to the scale of its outputs, unlike the area under raw probabilities.

    Parameters
    ----------
    network : Network
        Explain centred logits: probabilities follow confidence.
    x : ndarray (n, d)
    values : ndarray (n, p)
        One value for each player (each feature where `players` is None).
    background_row : ndarray (d,)
        What an absent feature is replaced by.
    targets : ndarray of int (n,)
    players : ndarray of int (d,), optional
        The player of each feature, from 0.

    Returns
    -------
    ndarray (n,)
        Higher is better. It can leave [0, 1] where the output overshoots. NaN where all values are
        0 or the change is below 1 % of ``|f(x)| + |f(b)|``.

    Raises
    ------
    ValueError
        If shapes don't fit each other.

    Notes
    -----
    Petsiuk et al. 2018, arXiv:1806.07421; normalised here. The work is p + 1 rows for each sample.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: x @ np.array([4.0, 1.0]), 2)
    >>> values = np.array([[4.0, 1.0], [1.0, 4.0]])  # the right order, then the wrong one
    >>> insertion(network, np.ones((2, 2)), values, np.zeros(2), np.zeros(2, int)).round(9)
    array([0.65, 0.35])
    """
    return _area(Removal(network, x, background_row, targets, players), values, insert=True)


@metric(
    "number",
    "Deletion",
    "area under the output as leading reasons are taken out; 0: gone at once",
    better="less",
)
def deletion(
    network: Network,
    x: Array,
    values: Array,
    background_row: Array,
    targets: Array,
    *,
    players: Array | None = None,
) -> Array:
    """Return the area under the normalised deletion curve of each row.

    As `insertion`, with the leading players replaced by the background row one by one; the curve
    runs from 1 to 0.

    Parameters
    ----------
    network, x, values, background_row, targets, players
        As for `insertion`.

    Returns
    -------
    ndarray (n,)
        Lower is better; NaN as for `insertion`.

    Notes
    -----
    Petsiuk et al. 2018, arXiv:1806.07421; pixel flipping is Bach et al. 2015,
    doi:10.1371/journal.pone.0130140.

    Examples
    --------
    >>> from explainprune.network import FormulaNetwork
    >>> network = FormulaNetwork(lambda x: x @ np.array([4.0, 1.0]), 2)
    >>> values = np.array([[4.0, 1.0], [1.0, 4.0]])
    >>> deletion(network, np.ones((2, 2)), values, np.zeros(2), np.zeros(2, int)).round(9)
    array([0.35, 0.65])
    """
    return _area(Removal(network, x, background_row, targets, players), values, insert=False)


def curve(game: Removal, order: Array, *, insert: bool) -> Array:
    """Return the explained output after 0, 1, … p players: (n, p + 1).

    Parameters
    ----------
    game : Removal
    order : ndarray (n, p)
        The larger, the earlier a player is put in or taken out; ties go by their place.
    insert : bool
    """
    p = game.n_players
    place = places(order)
    found = np.empty((game.n, p + 1))
    block, steps = game.samples_per_block(p + 1), np.arange(p + 1)[None, :, None]
    for start in range(0, game.n, block):
        samples = np.arange(start, min(start + block, game.n))
        removed = (place[samples, None, :] < steps) != insert
        found[samples] = game.full[samples, None] - game.drops(samples, removed)
    return found


def _area(game: Removal, values: Array, *, insert: bool) -> Array:
    values = game.check_values(values)
    change = game.full - game.empty
    heights = curve(game, values * np.sign(change)[:, None], insert=insert)
    area = (heights.sum(axis=1) - (heights[:, 0] + heights[:, -1]) / 2) / game.n_players
    known = (np.abs(change) > LEAST * game.scale) & (values != 0).any(axis=1)
    return np.asarray(
        np.divide(area - game.empty, change, out=np.full(game.n, np.nan), where=known)
    )
