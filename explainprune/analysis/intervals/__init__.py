"""95 % intervals of a mean: over samples by bootstrap, over seeds by Johnson's t."""

from explainprune.analysis.intervals.bootstrap import bootstrap_mean
from explainprune.analysis.intervals.clusters import Units
from explainprune.analysis.intervals.contrast import contrast
from explainprune.analysis.intervals.crossed import Crossed, crossed_mean, half_width, row_mean
from explainprune.analysis.intervals.shared import cut, mapped
from explainprune.analysis.intervals.skewed import error_of, over_units, skewed_mean
from explainprune.analysis.intervals.student import TRANSFORMS, t_mean

__all__ = [
    "TRANSFORMS",
    "Crossed",
    "Units",
    "bootstrap_mean",
    "contrast",
    "crossed_mean",
    "cut",
    "error_of",
    "half_width",
    "mapped",
    "over_units",
    "row_mean",
    "skewed_mean",
    "t_mean",
]
