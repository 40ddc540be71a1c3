"""Intervals over seeds or copies, on the scale that fits what the figure is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from explainprune.analysis.intervals.student import TRANSFORMS, t_mean
from explainprune.types import Measure, Metric

SCALES = {"share": "logit", "correlation": "fisher", "ratio": "log"}
"""By kind of metric; all others keep the plain scale."""


def over_units(said: Metric, values: Iterable[float | None], *, unit: str = "seeds") -> Measure:
    """Return the mean over units, with a t interval on the scale that fits the figure.

    Units that all give the same say nothing of how much units differ: no interval then.
    """
    known = [math.nan if value is None else value for value in values]
    finite = [value for value in known if math.isfinite(value)]
    scale = SCALES.get(said.kind, "identity")
    _, _, least, most = TRANSFORMS[scale]
    if not all(least <= value <= most for value in finite):
        scale = "identity"
    found = t_mean(known, transform=scale, unit=unit)
    if found.interval is None or found.interval[0] < found.interval[1]:
        return found
    reason = f"all {found.n} {unit} gave the same, which doesn't tell how much {unit} differ"
    return replace(found, interval=None, note=reason)
