"""The background that both models are explained against, and others drawn like it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.analysis.attribution.reading.samples import read_inputs
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.types import Array, Data, Inputs
from explainprune.types.arrays import n_rows, rows

REDRAWS = 10


@dataclass(frozen=True, eq=False)
class Backgrounds:
    """Reference rows.

    Attributes
    ----------
    base : Inputs
    redrawn : tuple of Inputs
        Empty where there is nothing to redraw: a single baseline.
    how : str
        Where they come from, for the provenance.
    note : str
        What the reader must know, or "".
    """

    base: Inputs
    redrawn: tuple[Inputs, ...]
    how: str
    note: str = ""

    def __len__(self) -> int:
        return n_rows(self.base, "background")


def backgrounds(data: Data, background: Any, seed: int) -> Backgrounds:
    """Choose the background and redraw it several times.

    Parameters
    ----------
    data : Data
        Its own background goes before a number of rows.
    background : int or array-like
        How many of the rows that may be learned from, or the rows themselves.
    seed : int

    Raises
    ------
    ValueError
        If it is empty or doesn't say how many.
    """
    if isinstance(background, (int, np.integer)) and not isinstance(background, bool):
        if background < 1:
            raise ValueError(f"background needs at least one row. Received: {background}.")
        if data.background is None:
            return _drawn(data, int(background), seed)
        return _given(data.background, seed)
    if background is None or isinstance(background, (bool, float, str)):
        raise ValueError(
            f"background is a number of rows, or the rows themselves. Received: {background!r}."
        )
    given = read_inputs(background, "background")
    if isinstance(given, list):
        raise ValueError("background of several inputs is a dict by input name. Received: a list.")
    return _given(given, seed)


def _given(base: Inputs, seed: int) -> Backgrounds:
    """Take the user's rows; redraw by drawing from them with replacement."""
    count = n_rows(base, "background")
    if count == 1:
        note = "The background is a single baseline: there is nothing to redraw."
        return Backgrounds(base, (), "given", note)
    rng = stream(seed, "redrawn background")
    picks = [rng.integers(0, count, count) for _ in range(REDRAWS)]
    note = "The background was given: it was redrawn from its own rows with replacement."
    return Backgrounds(base, tuple(rows(base, pick) for pick in picks), "given", note)


def _drawn(data: Data, count: int, seed: int) -> Backgrounds:
    """Draw from the rows that may be learned from; redraw from the others, where they suffice."""
    pool = data.learnable.x
    total = n_rows(pool)
    count = min(count, total)
    base = np.sort(stream(seed, "background").choice(total, size=count, replace=False))
    rng = stream(seed, "redrawn background")
    picks, note = _redraws(total, base, rng)
    where = "scored rows" if data.train is None else "training rows"
    return Backgrounds(
        rows(pool, base), tuple(rows(pool, pick) for pick in picks), f"drawn from {where}", note
    )


def _redraws(total: int, base: Array, rng: np.random.Generator) -> tuple[list[Array], str]:
    """Pick rows outside of the base; with replacement from all rows where those are too few."""
    others = np.setdiff1d(np.arange(total), base)
    if len(others) >= len(base):
        return [rng.choice(others, len(base), replace=False) for _ in range(REDRAWS)], ""
    if total == 1:
        return [], "There is one row only: the background cannot be redrawn."
    note = (
        f"A background of {len(base)} of {total} rows was redrawn with replacement: there are too "
        "few others."
    )
    return [rng.integers(0, total, len(base)) for _ in range(REDRAWS)], note
