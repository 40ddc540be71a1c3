"""What exact values may cost: checked before any work, and kept an eye on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explainprune.analysis.attribution.exact_cost import ExactCost, cost_of_games
from explainprune.analysis.attribution.games.hidden import Wanted, all_games
from explainprune.analysis.attribution.games.units import Bundle
from explainprune.network.scalars.cutting import Cutter
from explainprune.network.scalars.terms import Games, Pairs
from explainprune.types import Array

ROWS_COUNTED = 16
"""Samples, and background rows, whose pairs are counted first."""


def within(cutter: Cutter, x: Array, background: Array, limit: float) -> Wanted:
    """Refuse what is too dear, without counting all pairs: that takes as long as small games do.

    If even all who reach a unit could play in every pair, nothing is counted. Else some pairs are,
    evenly spread; should they have misled, solving stops at the limit.

    Raises
    ------
    ValueError
        If it would take more than `limit` steps.
    """
    pairs = len(x) * len(background)
    most = sum(
        cutter.terms.price(np.diff(reach.indptr), cutter.terms.halved(layer)).sum()
        for layer, reach in enumerate(cutter.terms.reach)
    )
    if pairs * most <= limit:
        return all_games
    some = [rows[:: -(-len(rows) // ROWS_COUNTED)] for rows in (x, background)]
    check_cost(cost_of_games(cutter, *some), pairs, limit)
    return _counted(limit, lambda: cost_of_games(cutter, x, background), pairs)


def _counted(limit: float, cost: Callable[[], ExactCost], pairs: int) -> Wanted:
    """Count while solving; count all pairs, to say what they cost, where that is too much."""
    spent = 0.0

    def wanted(_: Pairs, games: Games, bundle: Bundle) -> bool:
        nonlocal spent
        spent += len(bundle.chosen) * bundle.steps
        if spent > limit:
            check_cost(cost(), pairs, limit)
        return True

    return wanted


def check_cost(cost: ExactCost, pairs: int, limit: float) -> None:
    """Raise if all pairs together cost more than `limit`, naming what costs most."""
    if cost.total * pairs <= limit:
        return
    if cost.why_not:
        blame = f"The network is enumerated whole because {cost.why_not}"
    else:
        listed = ", ".join(f"{name}: {units:,.3g}" for name, units in cost.dearest().items())
        blame = f"The dearest units: {listed}"
    raise ValueError(
        f"method='exact' would take {cost.total * pairs:.3g} steps ({cost.total:,.3g} for each of "
        f"{pairs:,} pairs of sample and background row); the limit is {limit:.3g}. "
        f"{blame}. Prune further (fan_in:K or budget={{'exact_cost': …}}), take fewer samples or "
        "background rows, raise limit=, or use method='hybrid', which samples the widest games, "
        "'permutation' or 'expected_gradients'."
    )
