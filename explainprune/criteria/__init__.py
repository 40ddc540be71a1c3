"""Who matters: scores of weights and units."""

from explainprune.criteria.agreement import agreement
from explainprune.criteria.importance import importance, importances
from explainprune.criteria.registry import CRITERIA
from explainprune.criteria.stability import stability

__all__ = ["CRITERIA", "agreement", "importance", "importances", "stability"]
