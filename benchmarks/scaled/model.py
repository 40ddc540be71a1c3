"""The model: what a seed takes as a function of its configuration, and how seeds are shared out."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from explainprune.study.config import StudyConfig, study_config
from explainprune.study.foreseen import LEVEL_ROWS, RANKING, _epochs

TERMS = ("a seed", "epochs", "training", "a model", "explaining", "values")
"""What processor time is made of: names of the columns of `terms`."""


def config(
    source: str,
    *,
    arms: int = 1,
    levels: int = 1,
    rows: int = 200,
    background: int = 20,
    backgrounds: int = 2,
    epochs: int = 4,
    seeds: int = 1,
) -> StudyConfig:
    """Return the configuration of a study of one setting."""
    return study_config(
        {
            "data": {"source": source},
            "model": {"hidden": [32, 32], "epochs": epochs},
            "prune": {"steps": 2, "finetune_epochs": epochs, "shrink": False},
            "explain": {"rows": rows, "background": background, "backgrounds": backgrounds},
            "study": {
                "arms": ["placebo", "retrained", "random_pruned"][:arms],
                "levels": [0.5, 0.8, 0.9, 0.95][:levels],
                "seeds": seeds,
                "workers": 1,
            },
        }
    )


def counts(asked: StudyConfig, n: int, features: int) -> dict[str, float]:
    """Count what a seed does, for `n` rows in the file."""
    scored, hidden = asked.data.test_share * n, asked.model.hidden
    weights = sum(a * b for a, b in pairwise((features, *hidden, 2)))
    tuned = asked.prune.finetune_epochs or 0
    epochs = _epochs(asked, tuned + RANKING * asked.prune.steps)
    arms, levels = len(asked.study.arms), len(asked.study.levels)
    swept = levels * (1 + ("random_pruned" in asked.study.arms))
    rows = min(asked.explain.rows or scored, scored)
    drawn = asked.explain.background * asked.explain.backgrounds
    explained = (3 + arms) * rows + swept * min(rows, LEVEL_ROWS)  # dense, pruned, random weights
    return {
        "epochs": epochs,
        "steps": epochs * (n - scored) / asked.model.batch_size,
        "weights": weights,
        "models": 3 + arms + swept,
        "explained": explained,
        "drawn": drawn,
        "features": features,
        "rows": rows,
        "n": n,
        "backgrounds": asked.explain.backgrounds,
        "arms": arms,
    }


def terms(c: Mapping[str, float]) -> list[float]:
    """Return the columns of the model of processor time."""
    return [
        1.0,
        c["epochs"],
        c["steps"],
        c["models"],
        c["explained"] * c["drawn"] * c["weights"] / 1e9,
        c["explained"] * c["features"] * c["backgrounds"] / 1e6,
    ]


def held(c: Mapping[str, float]) -> list[float]:
    """Return the columns of the model of memory: a process, and the bytes of its rows."""
    return [1.0, 4 * c["n"] * c["features"]]


def fitted(columns: Sequence[Sequence[float]], found: Sequence[float]) -> Any:
    """Fit what isn't negative, each setting by its relative error."""
    from scipy.optimize import nnls

    a, b = np.asarray(columns, float), np.asarray(found, float)
    scale = np.where((size := np.abs(a).max(axis=0)) > 0, size, 1)
    return nnls(a / b[:, None] / scale, np.ones(len(b)))[0] / scale


def simulated(durations: Sequence[float], workers: int, *, start: float, each: float) -> float:
    """Return when the last of these cells is done: each goes to the worker that is free first."""
    free = [start] * workers
    heapq.heapify(free)
    for seconds in durations:
        heapq.heappush(free, heapq.heappop(free) + each + seconds)
    return max(free)
