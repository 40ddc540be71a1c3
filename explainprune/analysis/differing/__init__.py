"""Where two models differ: rules over rows, and rows of one prediction and two sets of reasons."""

from explainprune.analysis.differing.exemplars import exemplars
from explainprune.analysis.differing.rules import where_they_differ

__all__ = ["exemplars", "where_they_differ"]
