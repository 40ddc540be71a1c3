"""The models of one seed: dense, pruned, and the arms they are read against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from explainprune import network
from explainprune.network import Model
from explainprune.options import PruneOptions
from explainprune.pruning import prune
from explainprune.study.config import StudyConfig
from explainprune.study.recipes import build, recipe_of, trained
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
    model = trained(settings)
    if model is not None:
        return model
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


@dataclass(frozen=True)
class Seed:
    """What the arms of one seed are made from.

    Attributes
    ----------
    config : StudyConfig
    data : Data
    number : int
    dense : keras.Model
    pruned : Pruned
    """

    config: StudyConfig
    data: Data
    number: int
    dense: Model
    pruned: Any

    def pruned_at(self, model: Model | None = None, **changes: Any) -> Model:
        """Prune the dense model, or another, as the configuration says, but for some changes."""
        start = self.dense if model is None else model
        found: Model = pruned_at(self.config, start, self.data, self.number, **changes).model
        return found


def placebo(seed: Seed) -> Model:
    """Train as long with nothing removed: what differs from pruned is the mask alone."""
    return seed.pruned_at(sparsity=0.0)


def retrained(seed: Seed) -> Model | str:
    """Train another start, then as the placebo: what differs from it are the first weights."""
    config, number = seed.config, seed.number + TWIN
    recipe = recipe_of(config.model)
    if recipe is None:
        return "No retrained arm: without a recipe nothing says how to train one."
    start = network.randomised(seed.dense, number)
    if config.model.path is None:
        start = build(config.model, seed.data, number)
    twin = recipe(start, seed.data, seed=number, after_step=None)
    return replace(seed, number=number).pruned_at(twin, sparsity=0.0)


def random_pruned(seed: Seed) -> Model:
    """Remove as much by no criterion: what a budget came to isn't the same by chance."""
    budget = seed.config.prune.budget
    achieved = {"sparsity": float(seed.pruned.history["achieved"].iloc[-1])} if budget else {}
    return seed.pruned_at(criterion="random", **achieved)


ARMS: dict[str, Callable[[Seed], Model | str]] = {
    "placebo": placebo,
    "retrained": retrained,
    "random_pruned": random_pruned,
}
"""How each reference arm is made; a str in place of a model says why there is none."""


def train_arms(config: StudyConfig, data: Data, seed: int) -> Arms:
    """Train every arm of one seed."""
    dense = dense_model(config, data, seed)
    pruned = pruned_at(config, dense, data, seed)
    given = Seed(config, data, seed, dense, pruned)
    found = {name: make(given) for name, make in ARMS.items() if name in config.study.arms}
    return Arms(
        dense,
        pruned.model,
        pruned.masks,
        pruned.history,
        {name: made for name, made in found.items() if not isinstance(made, str)},
        (*pruned.notes, *(made for made in found.values() if isinstance(made, str))),
    )


def achieved(masks: Masks) -> float:
    """Return the sparsity that masks hold, as a plain number."""
    return float(np.round(masks.sparsity, 12))
