"""Reference rows that stand for "feature absent"."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.data.background import parts_like, read_background
from explainprune.data.reading import Samples, check_rows, fitting, read_inputs
from explainprune.network import Model, Network
from explainprune.network.functions.as_read import read_by
from explainprune.types import Array, Data, Inputs
from explainprune.types.arrays import n_rows, rows

DEFAULT_ROWS = 100


def background_for(
    model: Model | Network, background: Any, samples: Samples, seed: int
) -> Inputs | list[Array]:
    """Return background rows, shaped as the model reads them.

    Parameters
    ----------
    model : keras.Model or Network
        Where it doesn't say what it reads, the background has rows like those of `samples`.
    background : array-like, DataFrame, Series, dict, list, Rows, Data, tf.data.Dataset or None
        Without a row axis it is one row: a baseline. Tables are matched with `x` by name. None:
        the background that a `Data` carries, else 100 of the rows it may learn from, drawn without
        replacement.
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
        background = drawn_background(samples.data, seed)
    reads = read_by(model)
    if reads is None:
        if isinstance(samples.x, list):
            return read_inputs(background, "background")
        reads = parts_like(samples.x)
    with fitting("background"):
        found = read_background(background, reads, samples.feature_names, samples.orders)
    check_rows(found, "background")
    return found


def drawn_background(data: Data, seed: int, count: int = DEFAULT_ROWS) -> Inputs:
    """Return the background of `data`, or `count` rows drawn from those it may learn from."""
    if data.background is not None:
        return data.background
    source = data.learnable.x
    total = n_rows(source)
    picked = stream(seed, "background").choice(total, size=min(count, total), replace=False)
    return rows(source, np.sort(picked))
