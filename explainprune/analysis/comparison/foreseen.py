"""How long a comparison will take, from its own passes timed on a few rows."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from explainprune.analysis.comparison.arms import (
    EXPLANATIONS,
    MARK_BACKGROUND,
    MARK_ROWS,
    PairedExplainer,
)
from explainprune.analysis.comparison.backgrounds import with_background
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.compare import begun, defaults
from explainprune.analysis.comparison.growth import FLOOR_ROWS, LEAST_EFFORT, PART
from explainprune.analysis.comparison.model_rows import price
from explainprune.analysis.comparison.needs import methods_for
from explainprune.analysis.comparison.quality import design
from explainprune.analysis.timing import Pace, pace
from explainprune.network import Model, Network
from explainprune.types.moved import moved, nonzero

ROWS = 64
"""Rows that explanations are timed on, at most."""
LOOKED_AT = 8
"""Rows on which the explainer's noise is looked at."""
BEAM = 5
"""Orders that NAOPC follows."""
REST = 1.15
"""What is measured beside explanations, as a factor: figures and intervals."""
SETTING_UP = 4.0
"""What else traces models, draws and writes, in times of setting up the comparison."""


def comparison_seconds(
    dense: Model | Network, others: Sequence[Model | Network], data: Any, options: Mapping[str, Any]
) -> float:
    """Foresee how long comparing a dense model with others takes, and explaining it alone.

    Parameters
    ----------
    dense : keras.Model or Network
    others : sequence of model
        Arms are such, too. The dense model by itself: `explain`.
    data : as `compare` takes it
    options : mapping
        Of `compare`.

    Returns
    -------
    float
        Seconds on this machine as it is now; within a factor of two as a rule. More backgrounds,
        which variances may ask for, are not foreseen.
    """
    asked = SimpleNamespace(**(defaults() | dict(options)))
    rows, asked.background = with_background(data, asked.background, dense)
    asked.methods = methods_for(asked.methods, (dense, *others), rows, asked.players)
    begin = time.perf_counter()
    case, _ = begun(asked, dense, others[0], rows, {})
    fixed = SETTING_UP * (time.perf_counter() - begin)
    alone = len(others) == 1 and others[0] is dense
    models = 1 if alone else 1 + len(others)
    each = [_method(case, case.explainer(m), models) for m in case.settings.methods.values()]
    return fixed + REST * sum(each) + _quality(case, 1 + len(others)) + _prices(case, models)


def _method(case: Case, explain: PairedExplainer, models: int) -> float:
    """Foresee the explanations of one method: models, the explainer's noise, copies."""
    n, draws = len(case.targets), case.backgrounds.first

    def run(rows: int) -> object:
        return explain(case.dense, np.arange(rows), draws=range(1))

    found = pace(run, min(n, ROWS))
    look = draws * (found.fixed + n * found.each)
    noisy = explain.sampled
    more = _draws(case, explain) if noisy else 1
    floor_rows = min(n, FLOOR_ROWS[case.costly])
    # The noise is looked at once, and once more after draws were added.
    looked = draws * (found.fixed + floor_rows * found.each) * (1 if more == 1 else 1 + more)
    return (
        found.first * (models + 1)
        + models * more * look
        + (looked if noisy else 0.0)
        + _copies(case, found)
    )


def _draws(case: Case, explain: PairedExplainer) -> int:
    """Foresee how often the explainer draws, from its noise on a few rows of one background."""
    n, draws, size = len(case.targets), case.backgrounds.first, case.backgrounds.size
    index = np.arange(min(n, LOOKED_AT))
    one, two = (
        explain(case.dense, index, draws=range(1), repeats=range(turn, turn + 1)).values
        for turn in range(2)
    )
    found = moved(one, two, nonzero(one), nonzero(two))
    if np.isnan(found).all():
        return 1
    noise = float(np.nanmean(found)) / math.sqrt(draws)
    once = n * size * draws
    least = once if case.costly else max(2 * once, LEAST_EFFORT)
    wanted = math.ceil((PART * noise / case.settings.margin) ** 2)
    return max(1, min(wanted, (case.settings.effort or least) // once))


def _copies(case: Case, found: Pace) -> float:
    """Foresee the copies with random weights, which share one traced model."""
    n, drawn = len(case.targets), case.backgrounds
    marked = min(n, MARK_ROWS)
    rows = marked * max(1, min(8, EXPLANATIONS // marked))
    return (
        8 * found.fixed
        + rows
        * found.each
        * min(drawn.size * drawn.first, MARK_BACKGROUND[case.costly])
        / drawn.size
    )


def _quality(case: Case, models: int) -> float:
    """Foresee NAOPC: the network's rows that its search runs, at their own pace."""
    network, x = case.dense.network, case.dense.x
    players = len(x[0]) if case.data.players is None else max(case.data.players) + 1
    seed = case.settings.seed
    how = design(case.data, case.dense, case.flat_background, players, case.flops, seed)
    count = int(how.joins.max()) + 1
    rows = len(how.rows) * BEAM * count**2
    many = np.concatenate([x] * (1 + 512 // len(x)))
    found = pace(lambda size: network.outputs(many[:size]), 512, begin=32)
    return (models + 1) * rows * found.each


def _prices(case: Case, models: int) -> float:
    """Foresee the counting of what exact values cost, on fewer rows."""
    if case.dense.keras_model is None:
        return 0.0
    found = pace(lambda rows: price(case.dense, case.data, case.backgrounds[0], rows), 4, begin=2)
    return models * found.seconds(16 if case.dense.network.n_inputs <= 1000 else 4)
