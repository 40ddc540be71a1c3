"""The sweep over sparsities: how reasons and performance change together."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune import network
from explainprune.analysis.attribution import attribute
from explainprune.analysis.comparison.settings import PRIMARY, leading
from explainprune.analysis.metrics import METRICS
from explainprune.network import Model
from explainprune.pruning.allocation import OutOfReach
from explainprune.study.arms import achieved, pruned_at
from explainprune.study.config import ITS_OWN_SHARE, StudyConfig
from explainprune.types import Array, Data

SWEPT = {"pruned": {}, "random_pruned": {"criterion": "random"}}
"""Arms of the sweep, with what they change: random pruning is always shown beside the criterion."""


def sweep(
    config: StudyConfig, dense: Model, data: Data, seed: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return one row of plain figures for each arm and level, and what was left out.

    Every level is explained as the dense model is: same rows, background, draws and targets.
    """
    if not config.study.levels:
        return [], []
    granularity = config.prune.granularity
    if ITS_OWN_SHARE.fullmatch(granularity):
        return [], [f"No sweep over sparsities: {granularity} says itself how much is removed."]
    see = _Lens(config, dense, data, seed)
    rows, notes = [], []
    for arm, changes in SWEPT.items():
        if arm != "pruned" and arm not in config.study.arms:
            continue
        for level in config.study.levels:
            try:
                pruned = pruned_at(config, dense, data, seed, sparsity=level, **changes)
            except OutOfReach as reason:
                notes.append(f"The sweep has no sparsity of {level:g}: {reason}")
                continue
            rows.append(
                {
                    "arm": arm,
                    "sparsity": level,
                    "achieved": achieved(pruned.masks),
                    "measures": see.figures(pruned.model),
                }
            )
    return rows, list(dict.fromkeys(notes))


class _Lens:
    """Explains models in one and the same way, and holds what the dense model gave."""

    def __init__(self, config: StudyConfig, dense: Model, data: Data, seed: int) -> None:
        settings = config.explain
        self.data = data
        self.classes = data.task == "classification"
        learnable = data.learnable
        rng = np.random.default_rng([seed, *b"levels"])
        size = min(settings.background * settings.backgrounds, len(learnable))
        picked = np.sort(rng.choice(len(learnable), size, replace=False))
        drawn = learnable.take(picked).x
        self.background = drawn if data.background is None else data.background
        kept = min(len(data), settings.rows or len(data), 500)
        self.rows = data.scored.take(np.sort(rng.choice(len(data), kept, replace=False)))
        self.method, self.seed = settings.methods[0], seed
        found = self._explained(dense, "predicted")
        self.targets, self.values = found.targets, _flat(found.values)
        self.k = leading(self.values.shape[1], table=data.image_shape is None)

    def _explained(self, model: Model, target: Any) -> Any:
        return attribute(
            model,
            self.rows.x,
            background=self.background,
            method=self.method,
            target=target,
            output="centred" if self.classes else "logit",
            players=self.data.players,
            seed=self.seed,
        )

    def figures(self, model: Model) -> dict[str, float]:
        """Return accuracy (or R²), moved weight, effective features and live connections."""
        values = _flat(self._explained(model, self.targets).values)
        moved = METRICS[PRIMARY](self.values, values, k=self.k)
        effective = METRICS["effective_features"](values)
        found = {
            PRIMARY: _mean(moved),
            "effective_features": _mean(effective),
            "live_connections": float(network.liveness(model).connections),
        }
        if self.data.y is not None:
            net = network.as_network(model)
            outputs = net.outputs(net.pack(self.data.x))
            name = "accuracy" if self.classes else "r2"
            found[name] = _mean(np.asarray(METRICS[name](outputs, None, self.data.y)))
        return {name: value for name, value in found.items() if np.isfinite(value)}


def _mean(values: Array) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _flat(values: Any) -> Array:
    parts = values.values() if isinstance(values, dict) else [values]
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
