"""The backgrounds that both models are explained under: several draws of reference rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.data import load_data
from explainprune.network import Model, Network
from explainprune.types import Data, Inputs
from explainprune.types.arrays import n_rows, rows

FEWEST = 20
"""Below so many rows in each draw the bias of a small background is more than jackknifing mends."""

Draw = Callable[[int], Inputs]


@dataclass(frozen=True, eq=False)
class Backgrounds:
    """Draws of reference rows, as many as are asked for.

    Attributes
    ----------
    size : int
        Rows in each draw.
    first : int
        How many draws a comparison begins with; 1 for a single baseline.
    how : str
        Where they come from, for the provenance.
    notes : tuple of str
        What the reader must know.
    too_small : bool
        Whether a draw has too few rows for a verdict.
    """

    draw: Draw = field(repr=False)
    size: int
    first: int
    how: str
    notes: tuple[str, ...] = ()
    too_small: bool = False

    def __getitem__(self, number: int) -> Inputs:
        """Return draw `number`; the same one each time."""
        return self.draw(number)

    def joined(self, count: int) -> Inputs:
        """Return the rows of the first `count` draws, one after another."""
        parts: list[Any] = [self[number] for number in range(count)]
        if isinstance(parts[0], dict):
            return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
        return np.concatenate(parts)


def backgrounds(data: Data, background: Any, draws: int, seed: int) -> Backgrounds:
    """Settle how backgrounds are drawn.

    Parameters
    ----------
    data : Data
        Its own background goes before the rows it may learn from.
    background : int or array-like
        How many rows each draw has, drawn without replacement; or arrays of the user's own, which
        are a pool that is drawn from with replacement. A single row is a baseline.
    draws : int
        Draws to begin with.
    seed : int

    Raises
    ------
    ValueError
        If it is empty or doesn't say how many, or there are fewer than two draws.
    """
    if isinstance(draws, bool) or not isinstance(draws, (int, np.integer)) or draws < 2:
        raise ValueError(
            "backgrounds is the number of draws of background rows: at least 2, since one draw "
            f"can't tell how much the draw matters. Received: {draws!r}."
        )
    if isinstance(background, (int, np.integer)) and not isinstance(background, bool):
        if background < 1:
            raise ValueError(f"background needs at least one row. Received: {background}.")
        if data.background is None:
            return _drawn(data, int(background), int(draws), seed)
        return _pool(data.background, int(background), int(draws), seed)
    if background is None or isinstance(background, (bool, float, str)):
        raise ValueError(
            f"background is a number of rows, or the rows themselves. Received: {background!r}."
        )
    return _pool(background, FEWEST, int(draws), seed)


def with_background(data: Any, background: Any, model: Model | Network) -> tuple[Data, Any]:
    """Read rows and, where some are given, reference rows: both as the model reads them.

    Columns of a table are found by name. What isn't rows is returned as it is.
    """
    if background is None or isinstance(background, (int, float, str, np.number)):
        return load_data(data, model=model), background
    found = load_data(data, model=model, background=background)
    return found, found.background


def _pool(pool: Inputs, size: int, draws: int, seed: int) -> Backgrounds:
    """Take the user's rows as a pool, from which each draw is made with replacement."""
    total = n_rows(pool, "background")
    if total == 1:
        note = "The background is a single baseline: there is nothing to redraw."
        return Backgrounds(lambda number: pool, 1, 1, "given", (note,))
    size, notes = _raised(size, total)

    def draw(number: int) -> Inputs:
        return rows(pool, stream(seed, f"background {number}").integers(0, total, size))

    note = f"The {total:,} background rows given are a pool, drawn from with replacement."
    return Backgrounds(draw, size, draws, "given", (note, *notes), total < FEWEST)


def _drawn(data: Data, size: int, draws: int, seed: int) -> Backgrounds:
    """Draw from the rows that may be learned from, without replacement within a draw."""
    pool = data.learnable.x
    total = n_rows(pool)
    size, notes = _raised(size, total)
    size = min(size, total)

    def draw(number: int) -> Inputs:
        picked = stream(seed, f"background {number}").choice(total, size, replace=False)
        return rows(pool, np.sort(picked))

    where = "scored rows" if data.train is None else "training rows"
    first = 1 if total == 1 else draws
    return Backgrounds(draw, size, first, f"drawn from {where}", notes, size < FEWEST)


def _raised(size: int, total: int) -> tuple[int, tuple[str, ...]]:
    """Raise a small draw to what a verdict needs, where there are as many rows."""
    if total < FEWEST:
        return max(size, total), (
            f"There are only {total} background rows; a verdict needs {FEWEST} at least.",
        )
    if size >= FEWEST:
        return size, ()
    return FEWEST, (
        f"Each background was raised from {size} to {FEWEST} rows, as a verdict needs.",
    )


def index_of(seed: int, name: str) -> int:
    """Return a seed of its own for what is called `name`."""
    return int(stream(seed, name).integers(2**31))
