"""The class or group whose accuracy falls most."""

from __future__ import annotations

import numpy as np

from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.slices import by_class, by_group
from explainprune.analysis.intervals import crossed_mean
from explainprune.analysis.intervals.shared import LEVEL
from explainprune.analysis.metrics.behaviour.accuracy import accuracy
from explainprune.analysis.verdict.same_reasons import FEWEST_UNITS
from explainprune.types.answers import Fall


def worst_fall(case: Case) -> Fall | None:
    """Find the class or group whose accuracy falls most, of those with rows enough.

    Both models answer the same rows, so that the interval is of paired differences; by Bonferroni
    it allows for all classes and groups that were looked at. None where nothing falls.
    """
    labels = case.data.y
    if case.task != "classification" or labels is None or case.certain:
        return None
    right = [accuracy(each.deciding, None, labels) for each in (case.dense, case.other)]
    lost = right[0] - right[1]
    spreads = {}
    for name, where in (by_class(case.data, case.dense) | by_group(case.data)).items():
        index = np.flatnonzero(where)
        spread = crossed_mean(lost[index][None], case.units.take(index)) if len(index) else None
        if spread is not None and spread.n_rows >= FEWEST_UNITS:
            spreads[name] = (spread, index)
    if not spreads:
        return None
    name = max(spreads, key=lambda each: spreads[each][0].value)
    spread, index = spreads[name]
    if spread.value <= 0:
        return None
    units = case.units.take(index)
    before, after = (float(units.mean(rows[index])) for rows in right)
    level = 1 - (1 - LEVEL) / len(spreads)
    found = spread.measure(level=level, bounds=(-1.0, 1.0))
    return Fall(name, before, after, found, len(spreads))
