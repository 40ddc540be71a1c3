"""Who matters: scores of weights and units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainprune.criteria.activation import activation
from explainprune.criteria.apoz import apoz
from explainprune.criteria.gradient import gradient
from explainprune.criteria.magnitude import magnitude
from explainprune.criteria.magnitude_l2 import magnitude_l2
from explainprune.criteria.random import random
from explainprune.criteria.taylor import taylor

CRITERIA: dict[str, Callable[..., Any]] = {
    "activation": activation,
    "apoz": apoz,
    "gradient": gradient,
    "magnitude": magnitude,
    "magnitude_l2": magnitude_l2,
    "random": random,
    "taylor": taylor,
}
"""Every criterion by name. Its parameters' names say what it needs of a model: see
``explainprune.network.STATISTICS``."""

# The verb reads CRITERIA, so it comes last.
from explainprune.criteria.importance import importance  # noqa: E402

__all__ = ["CRITERIA", "importance"]
