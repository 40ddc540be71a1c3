"""Pairs of rows that a budget of coalitions is counted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explainprune.network.functions.inputs import pack
from explainprune.network.functions.signature import signature_of
from explainprune.network.protocol import Model
from explainprune.network.scalars.counting import count_terms
from explainprune.network.scalars.cutting import Cutter
from explainprune.network.scalars.reading import unroll
from explainprune.network.scalars.terms import terms_of
from explainprune.pruning.rows import Given, at_most
from explainprune.types import Array

ROWS = 32
"""Samples, and background rows, at most: all pairs of them are counted."""
HOPELESS = 2.0**60
"""Coalitions per pair beyond which a count may stop early: nobody enumerates as many."""


@dataclass(frozen=True, eq=False)
class Pairing:
    """Flat rows, in float64.

    Attributes
    ----------
    x, background : ndarray (n, inputs), (b, inputs)
    players : ndarray of int (inputs,)
    """

    x: Array
    background: Array
    players: Array


def pairing(model: Model, given: Given) -> Pairing:
    """Take rows to learn from and background rows; the data's own background where it has one.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    if given.learn is None or given.data is None:
        raise ValueError("budget 'exact_cost' needs rows to count on. Received: data=None.")
    own = given.data.background
    rows = at_most(given.learn, ROWS if own is not None else 2 * ROWS)
    parts = signature_of(model, rows.x).parts
    x = pack(rows.x, parts, "float64")
    if own is None:
        # Alternating, so that no row is paired with itself.
        x, background = (x[::2], x[1::2]) if len(x) > 1 else (x, x)
    else:
        background = pack(own, parts, "float64")
        background = background[np.linspace(0, len(background) - 1, min(ROWS, len(background)))
                                .round().astype(int)]  # fmt: skip
    joined = given.data.players
    players = np.arange(x.shape[1]) if joined is None else np.asarray(joined).ravel()
    return Pairing(x, background, players)


def exact_cost(model: Model, masks: Mapping[str, Array], pairs: Pairing) -> float:
    """Coalitions of exact Shapley values for all outputs, of the mean pair, as `xp.exact_cost`.

    Beyond 2^60 it is the mean over the pairs that were looked at until then.

    Raises
    ------
    ValueError
        If the network has layers that aren't known.
    """
    try:
        network = unroll(model, masks=masks)
    except ValueError as reason:
        raise ValueError(f"budget 'exact_cost' can't be counted: {reason}.") from None
    cutter = Cutter(terms_of(network, pairs.players))
    # One coalition at least, so that its logarithm is known.
    return max(1.0, count_terms(cutter, pairs.x, pairs.background, enough=HOPELESS).total)
