"""How much is explained: more draws and backgrounds until the figures can decide, or effort ends.

What is looked at is the explainer's floor and the variances, never the moved weight itself or its
label: a rule that stopped when it liked the answer would not keep its error rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from explainprune.analysis.comparison.arms import Met, PairedExplainer, some_rows
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.moving import moved_values
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.intervals import Crossed, crossed_mean, half_width
from explainprune.types.moved import moved, nonzero

FLOOR_ROWS = (200, 48)
"""Most rows on which the explainer's floor is measured; and of a network that costs much."""
LEAST_EFFORT = 50_000
PART = 4
"""The floor, and half the interval's width, are to be at most this part of the margin."""
ROUNDS = 3


@dataclass(frozen=True, eq=False)
class Look:
    """Both models explained, as far as the effort went.

    Attributes
    ----------
    dense, other : Met
    floor : Crossed or None
        Moved weight between two runs of a sampled explainer; None for a deterministic one.
    pairs, effort : int
        Pairs of a row and a background row that each model was explained on, and at most.
    """

    dense: Met
    other: Met
    floor: Crossed | None
    pairs: int
    effort: int

    @property
    def backgrounds(self) -> int:
        """How many backgrounds there were in the end."""
        return len(self.dense.each)


def explained_pair(case: Case, explain: PairedExplainer, tick: Callable[[str], None]) -> Look:
    """Explain both models, then again where the explainer or the backgrounds need it."""
    size, first = case.backgrounds.size, case.backgrounds.first
    once = len(case.targets) * size
    more = once * first if case.costly else max(2 * once * first, LEAST_EFFORT)
    effort = case.settings.effort or more
    dense = explain(case.dense)
    tick(f"explained {case.dense.name}")
    other = _other(case, dense, explain)
    tick(f"explained {case.other.name}")
    look = Look(dense, other, _floor(case, explain, dense), once * first, effort)
    return _more_backgrounds(case, explain, _more_draws(case, explain, look))


def _more_draws(case: Case, explain: PairedExplainer, look: Look) -> Look:
    """Average further draws of a sampled explainer until its floor is low."""
    for _ in range(ROUNDS):
        floor, draws = look.floor, look.dense.draws
        if floor is None or floor.value <= case.settings.margin / PART:
            break
        once = look.pairs // draws
        wanted = math.ceil(draws * (PART * floor.value / case.settings.margin) ** 2)
        total = min(wanted, look.effort // once)
        if total <= draws:
            break
        repeats = range(draws, total)
        more = partial(explain, repeats=repeats)
        first = more(case.dense)
        dense = look.dense.with_more(first)
        other = look.other.with_more(_other(case, first, more))
        look = Look(dense, other, _floor(case, explain, dense), once * total, look.effort)
    return look


def _more_backgrounds(case: Case, explain: PairedExplainer, look: Look) -> Look:
    """Draw further backgrounds until the interval is narrow, or rows alone decide its width."""
    for _ in range(ROUNDS):
        draws = look.backgrounds
        if draws == 1 or case.certain:
            break
        values = moved_values(look.dense.each, look.other.each, linear=explain.linear)
        if np.isnan(values).all():
            break
        once = look.pairs // draws
        wanted = _draws_for(crossed_mean(values, case.units), case.settings.margin / PART)
        total = min(wanted, look.effort // once)
        if total <= draws:
            break
        repeats = range(look.dense.draws)
        more = partial(explain, draws=range(draws, total), repeats=repeats)
        first = more(case.dense)
        dense = look.dense.beside(first)
        other = look.other.beside(_other(case, first, more))
        look = replace(look, dense=dense, other=other, pairs=once * total)
    return look


def _other(case: Case, dense: Met, explain: Callable[[Subject], Met]) -> Met:
    """Explain the other model; one that is beside itself was explained already."""
    if case.other.model is case.dense.model:
        return replace(dense, subject=case.other)
    return explain(case.other)


def _draws_for(spread: Crossed, target: float) -> int:
    """Return how many backgrounds bring half the interval's width to `target`.

    Where rows alone keep it wider, as many as leave the backgrounds a quarter of the variance.
    """
    draws = spread.n_backgrounds
    if spread.half_width() <= target or spread.n_rows < 2:
        return draws
    enough = math.ceil(draws * spread.backgrounds / max(spread.rows / 4, 1e-12))
    for total in range(draws, min(enough, 64 * draws)):
        shrunk = spread.backgrounds * draws / total
        if half_width(spread.rows, shrunk, spread.n_rows - 1, total - 1) <= target:
            return total
    return max(draws, min(enough, 64 * draws))


def _floor(case: Case, explain: PairedExplainer, dense: Met) -> Crossed | None:
    """Explain the dense model again with draws of its own: what moves is the explainer's noise."""
    if not explain.sampled:
        return None
    most = FLOOR_ROWS[case.costly]
    index = some_rows(len(case.targets), most, case.settings.seed, "floor")
    again = explain(
        case.dense, index, draws=range(len(dense.each)), repeats=range(dense.draws, 2 * dense.draws)
    )
    ours, units = dense.each[:, index], case.units.take(index)
    means = ours.mean(axis=0), again.values
    plain = moved(*means, *(nonzero(mean) for mean in means))
    known = np.flatnonzero(~np.isnan(plain))
    if not len(known):
        return None
    spread = crossed_mean(moved_values(ours, again.each, linear=explain.linear), units)
    if not explain.linear:
        return spread
    # The mean is the plain one: taking out a bias would take out the noise, which is a bias.
    return replace(spread, value=float(units.take(known).mean(plain[known])))
