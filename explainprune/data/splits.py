"""Seeded, stratified splits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explainprune.types import Array, Data, Rows

SHARES = (0.6, 0.15, 0.25)
"""Train, validation and test shares of the built-in sets that come unsplit."""


def split(strata: Array, shares: Sequence[float], seed: int) -> list[Array]:
    """Return row indices of each part, with every stratum in proportion.

    Parameters
    ----------
    strata : ndarray (n,)
        What to keep in proportion: class indices, or bins of a number.
    shares : sequence of float
        Share of each part; they sum to 1.
    seed : int

    Returns
    -------
    list of ndarray of int
        Disjoint, ascending, together all rows. Part sizes are exact up to rounding, and each
        stratum's count in a part is within one of its share.

    Examples
    --------
    >>> [part.tolist() for part in split(np.array([0, 0, 1, 1]), (0.5, 0.5), seed=0)]
    [[0, 3], [1, 2]]
    """
    rng = np.random.default_rng([seed, *b"split"])
    # Each row gets a place in (0, 1): its shuffled rank within its stratum, over the stratum's
    # size. Cutting the rows in that order takes the same share of every stratum.
    place = np.empty(len(strata))
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        place[members] = (rng.permutation(len(members)) + rng.random()) / len(members)
    order = np.argsort(place, kind="stable")
    cuts = np.round(np.cumsum(shares)[:-1] * len(strata)).astype(int)
    return [np.sort(part) for part in np.split(order, cuts)]


def strata_of(rows: Rows, task: str) -> Array:
    """Classes, tenths of a number, or one stratum where there are no labels."""
    if rows.y is None or rows.y.ndim > 1:
        return np.zeros(len(rows), dtype=int)
    if task == "regression":
        ranks = np.argsort(np.argsort(rows.y, kind="stable"), kind="stable")
        return np.asarray(ranks * 10 // len(rows))
    return rows.y


def holdout(data: Data, share: float = 0.25, seed: int = 0, *, validation: float = 0.15) -> Data:
    """Split data that came whole into rows to learn from and rows to score.

    Parameters
    ----------
    data : Data
        Data that has `train` already is returned as it is.
    share : float
        Share of the rows that are scored.
    seed : int
        The same seed gives the same rows, whatever else is drawn.
    validation : float
        Share of the rows on which choices are made; 0 for none.

    Returns
    -------
    Data
        With `train`, `validation` and `scored` disjoint, stratified by class (or by tenths of a
        regression's target).

    Raises
    ------
    ValueError
        If a share is not in range, or a part would be empty.

    Examples
    --------
    >>> whole = Data(Rows(np.arange(40.0).reshape(20, 2), np.arange(20) % 2), task="classification")
    >>> parts = holdout(whole, 0.3, seed=1)
    >>> len(parts.train), len(parts.validation), len(parts)
    (11, 3, 6)
    """
    if data.train is not None:
        return data
    if not (0 < share < 1 and 0 <= validation < 1 and share + validation < 1):
        raise ValueError(
            "share is in (0, 1), validation in [0, 1), and their sum below 1. "
            f"Received: share={share}, validation={validation}."
        )
    shares = (1 - share - validation, validation, share)
    train, choice, test = split(strata_of(data.scored, data.task), shares, seed)
    if not (len(train) and len(test)):
        raise ValueError(
            f"{len(data)} rows are too few to hold {share:.0%} of them out. Received: {data!r}."
        )
    return data.with_(
        scored=data.scored.take(test),
        train=data.scored.take(train),
        validation=data.scored.take(choice) if len(choice) else None,
    )
