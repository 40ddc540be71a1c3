"""Figures over seeds or copies, as what each of them is asks for."""

from __future__ import annotations

import math
from collections.abc import Iterable

from explainprune.analysis.intervals.shared import mapped
from explainprune.analysis.intervals.skewed import skewed_mean
from explainprune.types import Measure, Metric


def over_units(said: Metric, values: Iterable[float | None], *, unit: str = "seeds") -> Measure:
    """Return the mean over units with its interval, which is that of the mean that is printed.

    A ratio's mean is geometric; an interval ends where the figure's values do.
    """
    known = [math.nan if value is None else value for value in values]
    if said.kind == "ratio" and all(value > 0 for value in known if not math.isnan(value)):
        return mapped(skewed_mean([math.log(value) for value in known], unit=unit), math.exp)
    return skewed_mean(known, bounds=said.bounds, unit=unit)
