"""95 % intervals of a mean: over samples by bootstrap, over seeds by Student's t."""

from explainprune.analysis.intervals.bootstrap import bootstrap_mean
from explainprune.analysis.intervals.shared import mapped
from explainprune.analysis.intervals.student import TRANSFORMS, t_mean
from explainprune.analysis.intervals.units import over_units

__all__ = ["TRANSFORMS", "bootstrap_mean", "mapped", "over_units", "t_mean"]
