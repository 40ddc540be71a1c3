"""Moved weight of many rows with a known rule behind it, and columns that rules are about."""

import numpy as np

from explainprune.types.known import Column

RULE = "age is at most 30 and months is over 30"
"""Nobody has 25 to 35 months: 30 is the roundest number between."""


def columns_of(rng, n):
    """Age, months and a job: independent of each other."""
    return (
        Column.of("age", rng.integers(18, 80, n).astype(float)),
        Column.of("months", rng.choice([6.0, 12.0, 24.0, 36.0, 48.0], n)),
        Column.of("job", rng.choice(np.array(["cook", "driver", "none"]), n)),
    )


def moved_of(rng, columns, planted=0.0, draws=6):
    """Moved weight (R, n): gamma over rows, and `planted` more where the rule holds."""
    n = len(columns[0].values)
    holds = (columns[0].values <= 30) & (columns[1].values > 24)
    rows = rng.gamma(6, 0.02, n) + planted * holds
    return rows + 0.01 * rng.normal(size=(draws, 1)) + 0.02 * rng.normal(size=(draws, n))
