"""Reference rows that stand for "feature absent"."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.attribution.reading.samples import Samples, read_inputs
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.types import Array, Data, Inputs
from explainprune.types.arrays import n_rows, rows

DEFAULT_ROWS = 100


def background_for(background: Any, samples: Samples, seed: int) -> Inputs | list[Array]:
    """Return background rows, shaped as the model reads them.

    Parameters
    ----------
    background : array-like, dict, Rows, Data or None
        Without a row axis it is one row: a baseline. None: the background that a `Data` carries,
        else 100 of the rows it may learn from, drawn without replacement.
    samples : Samples
    seed : int
        The draw depends on it and on the number of rows to draw from, not on the model.

    Raises
    ------
    ValueError
        If there is none to be had, if it has no rows, or if a value is not a finite number.
    """
    if background is None:
        if samples.data is None:
            raise ValueError(
                "background is missing: pass background= the rows that stand for 'feature absent' "
                "(one row is a baseline), or pass x as a Data, whose rows can be drawn from."
            )
        return drawn_background(samples.data, seed)
    if hasattr(background, "x") or isinstance(samples.x, list):
        return read_inputs(background, "background")
    if isinstance(samples.x, dict):
        if not hasattr(background, "items") or hasattr(background, "columns"):
            return read_inputs(background, "background")
        parts = {
            str(name): _with_rows(part, samples.x.get(str(name)))
            for name, part in background.items()
        }
        return read_inputs(parts, "background")
    return read_inputs(_with_rows(background, samples.x), "background")


def drawn_background(data: Data, seed: int, count: int = DEFAULT_ROWS) -> Inputs:
    """Return the background of `data`, or `count` rows drawn from those it may learn from."""
    if data.background is not None:
        return data.background
    source = data.learnable.x
    total = n_rows(source)
    picked = stream(seed, "background").choice(total, size=min(count, total), replace=False)
    return rows(source, np.sort(picked))


def _with_rows(background: Any, x: Array | None) -> Any:
    """Add a row axis to what has the shape of a single row of `x`."""
    if x is not None and x.ndim > 1 and np.shape(background) == x.shape[1:]:
        return np.asarray(background)[None]
    return background
