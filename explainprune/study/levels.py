"""The sweep over sparsities: how reasons and performance change together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from explainprune import network
from explainprune.analysis.attribution import attribute
from explainprune.analysis.comparison.case import subjects_of
from explainprune.analysis.comparison.scores import score_rows
from explainprune.analysis.comparison.settings import PRIMARY, leading
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.metrics import METRICS
from explainprune.network import Model
from explainprune.network.variables import assign
from explainprune.pruning.allocation import OutOfReach
from explainprune.study.arms import achieved, pruned_at
from explainprune.study.config import ITS_OWN_SHARE, StudyConfig
from explainprune.types import Array, Data, Rows

ON_VALIDATION = f"validation_{PRIMARY}"
"""The endpoint on the rows by which a level is chosen."""
SWEPT = {"pruned": {}, "random_pruned": {"criterion": "random"}}
"""Arms of the sweep, with what they change: random pruning is always shown beside the criterion."""


def sweep(
    config: StudyConfig, dense: Model, data: Data, seed: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return one row of plain figures for each arm and level, and what was left out.

    Every level is explained as the dense model is: same rows, background, draws and targets. The
    pruned model's reasons are looked at on validation rows too, for a level to be chosen by.
    """
    if not config.study.levels:
        return [], []
    granularity = config.prune.granularity
    if ITS_OWN_SHARE.fullmatch(granularity):
        return [], [f"No sweep over sparsities: {granularity} says itself how much is removed."]
    see, chooses = _Lens(config, dense, data, data.scored, seed), None
    if data.validation is not None:
        chooses = _Lens(config, dense, data, data.validation, seed)
    carrier, rows, notes = _Carrier(dense), [], []
    for arm, changes in SWEPT.items():
        if arm != "pruned" and arm not in config.study.arms:
            continue
        for level in config.study.levels:
            try:
                pruned = pruned_at(config, dense, data, seed, sparsity=level, **changes)
            except OutOfReach as reason:
                notes.append(f"The sweep has no sparsity of {level:g}: {reason}")
                continue
            model = carrier.loaded(pruned.model)
            measures = see.figures(model)
            if arm == "pruned" and chooses is not None:
                measures[ON_VALIDATION] = _mean(chooses.moved(model))
            rows.append(
                {
                    "arm": arm,
                    "sparsity": level,
                    "achieved": achieved(pruned.masks),
                    "measures": {k: v for k, v in measures.items() if np.isfinite(v)},
                }
            )
    return rows, list(dict.fromkeys(notes))


class _Carrier:
    """One model that takes on the weights of every level: traced and compiled once for all."""

    def __init__(self, dense: Model) -> None:
        self.model = network.clone(dense)
        self.shapes = _shapes(dense)

    def loaded(self, model: Model) -> Model:
        """Return a model of these weights; a recipe's own architecture is itself."""
        if _shapes(model) != self.shapes:
            return model
        assign(self.model, network.weights_of(model))
        return self.model


def _shapes(model: Model) -> dict[str, tuple[int, ...]]:
    return {path: weights.shape for path, weights in network.weights_of(model).items()}


class _Lens:
    """Explains models on some rows in one way, and holds what the dense model gave."""

    def __init__(
        self, config: StudyConfig, dense: Model, data: Data, part: Rows, seed: int
    ) -> None:
        settings = config.explain
        self.data = data
        self.output = self._seen(dense).kind
        self.cut = None if settings.threshold is None else (1, settings.threshold)
        learnable = data.learnable
        rng = np.random.default_rng([seed, *b"levels"])
        size = min(settings.background * settings.backgrounds, len(learnable))
        picked = np.sort(rng.choice(len(learnable), size, replace=False))
        drawn = learnable.take(picked).x
        self.background = drawn if data.background is None else data.background
        kept = min(len(part), settings.rows or len(part), 500)
        self.rows = part.take(np.sort(rng.choice(len(part), kept, replace=False)))
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
            output=self.output,
            players=self.data.players,
            seed=self.seed,
        )

    def moved(self, model: Model, values: Array | None = None) -> Array:
        """Return how much of each row's reasons moved."""
        values = _flat(self._explained(model, self.targets).values) if values is None else values
        moved: Array = METRICS[PRIMARY](self.values, values, k=self.k)
        return moved

    def figures(self, model: Model) -> dict[str, float]:
        """Return accuracy (or R²), moved weight, effective features and live connections."""
        values = _flat(self._explained(model, self.targets).values)
        found = {
            PRIMARY: _mean(self.moved(model, values)),
            "effective_features": _mean(METRICS["effective_features"](values)),
            "live_connections": float(network.liveness(model).connections),
        }
        if self.data.y is not None:
            name = "r2" if self.task == "regression" else "accuracy"
            outputs = replace(self._seen(model), cut=self.cut).deciding
            weights = self.data.weight
            if weights is None:
                found[name] = _mean(np.asarray(METRICS[name](outputs, None, self.data.y)))
            else:
                rows = score_rows(METRICS[name], outputs, None, self.data.y, weights)
                found[name] = float(np.average(rows, weights=weights))
        return found

    def _seen(self, model: Model) -> Subject:
        """Look at a model as comparisons do."""
        (seen,), self.task = subjects_of({"level": model}, self.data)
        return seen


def _mean(values: Array) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _flat(values: Any) -> Array:
    parts = values.values() if isinstance(values, dict) else [values]
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
