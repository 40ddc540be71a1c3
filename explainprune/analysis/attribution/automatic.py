"""What is used where no method is named: exact values where they are cheap, else the usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explainprune.analysis.attribution.exact import exact
from explainprune.analysis.attribution.explained import Explained
from explainprune.analysis.attribution.games.hidden import cutter_of
from explainprune.analysis.attribution.reading.batches import unwrapped
from explainprune.analysis.attribution.reading.players import n_players
from explainprune.analysis.attribution.sampling.replicates import PILOT
from explainprune.network import Network
from explainprune.network.scalars.counting import most_work
from explainprune.types import Array

AUTO, USUAL = "auto", "deep_shap"

MULTIPLY_ADDS = 40.0
"""What a coalition of one unit takes, in multiply-adds of running a network on many rows."""
PER_ROW = 4000.0
"""What mixing a row, and reading its output, takes besides running the network on it."""
MOST_WEIGHTS = 2_000_000
"""Multiply-adds of a row beyond which no network is taken apart only to see what it would cost."""
NO_LIMIT = 1e18
NOTE = (
    "Exact values cost less here than sampling to 1 %, so that method='auto' chose them; another "
    "model may not be so cheap: name one method for models that are to be compared."
)


def automatic(
    network: Network, players: Array, rows: Array, options: Mapping[str, Any]
) -> tuple[str, Mapping[str, Any], tuple[str, ...]]:
    """Return a method's name, its options, and what must be said.

    Options are those of the usual method: with any, it is the one that is meant.
    """
    if not options and exact_is_cheaper(network, players, rows):
        return "exact", {"limit": NO_LIMIT}, (NOTE,)
    return USUAL, options, ()


def exact_is_cheaper(network: Network, players: Array, rows: Array) -> bool:
    r"""Tell whether exact values cost less than sampling the whole network to 1 %.

    .. math:: c \sum_j 2^{|P_j|} w_j \le 2\, D\, (P - 1)\, (W + r)

    With the steps of unit j's game if all who reach it play (coalitions, or those of two halves),
    the w_j numbers each takes, and on the other side what sampling takes at the least: D orders of
    P players and their reverses, each row mixed (r) and run through W multiply-adds. Both are
    counted, never timed, and no row is looked at: the same model gives the same answer. A network
    that can't be taken apart takes 2^P rows.

    Parameters
    ----------
    network : Network
    players : ndarray of int (inputs,)
    rows : ndarray (n, inputs)
        A few, on which the network taken apart is held against itself.
    """
    from explainprune.network import size_of  # imports TensorFlow

    count, model = n_players(players), getattr(unwrapped(network), "model", None)
    runs = 2 * PILOT * (count - 1)
    weights = 0 if model is None else size_of(model, gzip=False).flops // 2
    if weights > MOST_WEIGHTS:
        return False
    try:
        cutter = cutter_of(network, players, rows)
    except ValueError:
        return bool(count < 64 and 2**count <= runs)
    room = runs * (weights + PER_ROW) / MULTIPLY_ADDS
    return most_work(cutter, room) <= room


def unlimited(
    network: Network, x: Array, background: Array, targets: Array | None, *, players: Array
) -> Explained:
    """Compute exact values, whose price was looked at already."""
    return exact(network, x, background, targets, players=players, limit=NO_LIMIT)


unlimited.__name__ = "exact"
unlimited.linear_in_background = True  # type: ignore[attr-defined]
