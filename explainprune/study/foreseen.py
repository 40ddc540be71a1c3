"""How long training and a study will take, from a few batches and a few rows of their own."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Any

from explainprune.analysis.comparison.foreseen import comparison_seconds
from explainprune.analysis.timing import pace
from explainprune.criteria import importance
from explainprune.network import Model
from explainprune.network.training.preserving import Preserve
from explainprune.network.training.trainer import Trainer
from explainprune.pruning.clearest import PRUNINGS
from explainprune.study.config import StudyConfig
from explainprune.study.recipes import build, trained
from explainprune.types import Data, Rows

BATCHES = 12
"""Batches that training is timed on."""
SCORED = 64
"""Rows whose statistics are gathered once, to see what tracing them takes."""
STARTED = 8.0
"""Seconds until a child process has imported TensorFlow and can work."""
RANKING = 0.5
"""What a round of pruning takes beside training, in epochs: statistics, ranks, masks."""
COMPILED = 3.0
"""What is compiled and scored around training, in times of compiling the training itself."""
LEVEL_ROWS = 500
"""Rows on which each level of a sweep is explained, at most."""


def training_seconds(
    model: Model, rows: Rows, epochs: float, *, batch_size: int = 32, preserve: str | None = None
) -> float:
    """Foresee how long it takes to train a model for so many epochs, compiling it included.

    Nothing without labels, which nothing is trained on.
    """
    if not rows.labelled or epochs <= 0:
        return 0.0
    batches = math.ceil(len(rows) / batch_size)
    some = rows.take(slice(min(BATCHES, batches) * batch_size))
    held = None if preserve is None else Preserve(preserve, model)
    trainer = Trainer(model, some, batch_size=batch_size, preserve=held)
    found = pace(lambda epochs: trainer.run(model, epochs=epochs), 256, begin=1)
    each = found.each + found.fixed / 64
    return COMPILED * found.first + epochs * len(rows) / len(some) * each


def pruning_seconds(
    model: Model,
    rows: Rows | None,
    epochs: int,
    steps: int,
    criterion: Any = "taylor",
    preserve: str | None = None,
) -> float:
    """Foresee how long it takes to prune a model in rounds with training in between."""
    if rows is None:
        return 0.0
    begin = time.perf_counter()
    importance(model, rows.take(slice(SCORED)), criterion=criterion)
    tracing = time.perf_counter() - begin
    return tracing + training_seconds(model, rows, epochs + RANKING * steps, preserve=preserve)


def study_seconds(config: StudyConfig, data: Data) -> dict[str, float]:
    """Foresee a study: seconds of training and of explaining one seed, and of all of it.

    Models that a recipe trains are timed as the built-in training is: what a recipe does is its
    own.
    """
    model = trained(config.model) or build(config.model, data, config.data.seed)
    batch, rounds = config.model.batch_size, config.prune.steps
    tuned = config.prune.finetune_epochs
    tuned = 2 * rounds if tuned is None else tuned
    each = tuned + RANKING * rounds
    timed = partial(training_seconds, model, data.learnable, batch_size=batch)
    plain, held = _epochs(config, 0.0), config.prune.preserve
    tuning = _epochs(config, each) - plain
    if held is None:
        training = timed(plain + tuning)
    else:
        training = timed(plain) + timed(tuning, preserve=held)
    if held is None and "preserving" in config.study.arms:
        training += timed(each, preserve="attributions")
    arms = [arm for arm in config.study.arms if arm != "matched_churn"]
    asked = vars(config.explain)
    beside = 1 + len(arms) + config.prune.shrink
    explaining = comparison_seconds(model, [model] * beside, data, asked)
    if config.study.levels:
        swept = len(config.study.levels) * (1 + ("random_pruned" in arms))
        rows = min(len(data), config.explain.rows or len(data))
        share = min(rows, LEVEL_ROWS) / rows  # one explanation for each, of those that arms have
        explaining += explaining * share * swept / (2 * (beside + 1))
    seeds, workers = len(config.study.seeds), min(config.study.workers, len(config.study.seeds))
    whole = STARTED + (training + explaining) * math.ceil(seeds / workers)
    return {"training": training, "explaining": explaining, "seconds": whole}


def _epochs(config: StudyConfig, tuned: float) -> float:
    """Count the epochs of one seed: the dense model, the pruned one, arms and levels."""
    whole = config.model.epochs
    arms: dict[str, float] = {
        "placebo": tuned,
        "retrained": whole,
        "random_pruned": tuned,
        "repruned": tuned,
        "matched_churn": 0.0,
        "preserving": 0.0,  # timed by itself
    }
    dense = 0.0 if config.model.path else float(whole)
    swept = len(config.study.levels) * (1 + ("random_pruned" in config.study.arms))
    named: Any = config.study.arms
    own = PRUNINGS if config.prune.objective else 1
    return dense + tuned * (own + swept) + sum(arms.get(arm, float(whole)) for arm in named)
