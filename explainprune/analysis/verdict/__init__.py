"""From figures with intervals to the two verdicts: pure functions, for pairs and procedures."""

from explainprune.analysis.verdict.clearer import clearer
from explainprune.analysis.verdict.conditions import Condition, faithful, not_broken
from explainprune.analysis.verdict.same_reasons import same_reasons

__all__ = ["Condition", "clearer", "faithful", "not_broken", "same_reasons"]
