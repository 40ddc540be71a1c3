"""The models of one seed: dense, pruned, and the arms they are read against."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from explainprune import network
from explainprune.network import Model
from explainprune.options import PruneOptions
from explainprune.pruning import prune
from explainprune.study.config import StudyConfig
from explainprune.study.recipes import build, recipe_of
from explainprune.types import Data, Masks

TWIN = 7919
"""Added to a seed for its retrained twin: far from the seeds that people list."""


@dataclass(frozen=True)
class Arms:
    """What one seed trained.

    Attributes
    ----------
    dense, pruned : keras.Model
    masks : Masks
    history : DataFrame
        Of the pruning, step by step.
    others : dict of str to keras.Model
        Reference arms by name.
    notes : tuple of str
    """

    dense: Model
    pruned: Model
    masks: Masks
    history: Any
    others: dict[str, Model] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def dense_model(config: StudyConfig, data: Data, seed: int) -> Model:
    """Load the dense model, or build and train it."""
    settings = config.model
    if settings.path is not None:
        return network.load_model(settings.path, trust=settings.trust)
    recipe = recipe_of(settings)
    assert recipe is not None
    return recipe(build(settings, data, seed), data, seed=seed, after_step=None)


def pruned_at(config: StudyConfig, dense: Model, data: Data, seed: int, **changes: Any) -> Any:
    """Prune `dense` as the configuration says, with some settings changed.

    A sparsity among the changes stands in place of whatever else says how much is removed; at 0
    the model is trained as long, and nothing goes.
    """
    own = None if config.model.recipe is None else recipe_of(config.model)
    arguments = {each.name: getattr(config.prune, each.name) for each in fields(PruneOptions)}
    if "sparsity" in changes:
        arguments["budget"] = None
    if changes.get("sparsity") == 0.0:
        arguments |= {"granularity": "weight", "allocation": "global"}
    return prune(dense, data, recipe=own, seed=seed, **(arguments | changes))


def train_arms(config: StudyConfig, data: Data, seed: int) -> Arms:
    """Train every arm of one seed.

    The placebo goes through the same fine-tuning with nothing removed, and so does the retrained
    twin after its own training: what differs is the mask, or the initial weights, alone.
    """
    dense = dense_model(config, data, seed)
    pruned = pruned_at(config, dense, data, seed)
    others: dict[str, Model] = {}
    notes: list[str] = [*pruned.notes]
    wanted = config.study.arms
    if "placebo" in wanted:
        others["placebo"] = pruned_at(config, dense, data, seed, sparsity=0.0).model
    if "retrained" in wanted:
        twin = _retrained(config, dense, data, seed + TWIN)
        if twin is None:
            notes.append("No retrained arm: without a recipe nothing says how to train one.")
        else:
            others["retrained"] = twin
    if "random_pruned" in wanted:
        others["random_pruned"] = pruned_at(
            config, dense, data, seed, criterion="random", **_as_much(config, pruned)
        ).model
    return Arms(dense, pruned.model, pruned.masks, pruned.history, others, tuple(notes))


def _as_much(config: StudyConfig, pruned: Any) -> dict[str, Any]:
    """Return what removes as much again: what a budget came to isn't the same by chance."""
    if not config.prune.budget:
        return {}
    return {"sparsity": float(pruned.history["achieved"].iloc[-1])}


def _retrained(config: StudyConfig, dense: Model, data: Data, seed: int) -> Model | None:
    recipe = recipe_of(config.model)
    if recipe is None:
        return None
    start = network.randomised(dense, seed)
    if config.model.path is None:
        start = build(config.model, data, seed)
    twin = recipe(start, data, seed=seed, after_step=None)
    return pruned_at(config, twin, data, seed, sparsity=0.0).model


def achieved(masks: Masks) -> float:
    """Return the sparsity that masks hold, as a plain number."""
    return float(np.round(masks.sparsity, 12))
