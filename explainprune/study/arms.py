"""The models of one seed: dense, pruned, and the arms they are read against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from explainprune import network
from explainprune.network import Model
from explainprune.options import PruneOptions
from explainprune.pruning import Shrunk, prune, shrink
from explainprune.study.config import StudyConfig
from explainprune.study.matching import matched
from explainprune.study.recipes import build, recipe_of, trained
from explainprune.types import Data, Masks

TWIN, AGAIN, SMALL = 7919, 104_729, 15_485_863
"""Added to a seed for its retrained twin, its second pruning and its small network: far from the
seeds that people list."""
NO_RECIPE = "without a recipe nothing says how to train one."


class NotMade(Exception):
    """Why an arm can't be made: what stands behind "No … arm: "."""


@contextmanager
def _told() -> Iterator[None]:
    """Take what a step refuses as the reason why there is no arm."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise NotMade(str(error)) from error


@dataclass(frozen=True)
class Arms:
    """What one seed trained.

    Attributes
    ----------
    dense, pruned : keras.Model
    masks : Masks
    history : DataFrame
        Of the pruning, step by step.
    shrunk : Shrunk or None
        The pruned model made smaller, where the configuration asks for it.
    others : dict of str to keras.Model
        Reference arms by name.
    notes : tuple of str
    """

    dense: Model
    pruned: Model
    masks: Masks
    history: Any
    shrunk: Shrunk | None = None
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
        arguments |= {"budget": None, "objective": None, "margins": None}
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

    def as_placebo(self, model: Model) -> Model:
        """Train a model as long as the pruned one was trained, nothing removed from it."""
        return self.pruned_at(model, sparsity=0.0, protect=())

    @cached_property
    def shrunk(self) -> Shrunk:
        """The pruned model, made smaller."""
        return shrink(self.pruned.model, masks=self.pruned.masks, data=self.data)

    @cached_property
    def small(self) -> Model:
        """The shrunk architecture, its weights drawn anew; NotMade says why there is none."""
        if recipe_of(self.config.model) is None:
            raise NotMade(NO_RECIPE)
        with _told():
            if any(self.shrunk.certificate.removed.values()):
                return network.randomised(self.shrunk.model, self.number + SMALL)
        raise NotMade("shrinking takes no unit of the pruned model: the small one is the dense.")


def placebo(seed: Seed) -> Model:
    """Train as long with nothing removed: what differs from pruned is the mask alone."""
    return seed.pruned_at(sparsity=0.0)


def retrained(seed: Seed) -> Model:
    """Train another start, then as the placebo: what differs from it are the first weights."""
    config, number = seed.config, seed.number + TWIN
    recipe = recipe_of(config.model)
    if recipe is None:
        raise NotMade(NO_RECIPE)
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


def repruned(seed: Seed) -> Model:
    """Prune the same dense model with another seed: what differs is the pruning's own chance."""
    return replace(seed, number=seed.number + AGAIN).pruned_at()


def preserving(seed: Seed) -> Model:
    """Prune alike, the dense model's attributions held in fine-tuning: what that would keep."""
    if seed.config.prune.preserve is not None:
        raise NotMade("what the pruned model's own fine-tuning holds is [prune] preserve.")
    with _told():
        return seed.pruned_at(preserve="attributions")


def small_dense(seed: Seed) -> Model:
    """Train the shrunk architecture from scratch, then as the placebo: size without pruning."""
    recipe = recipe_of(seed.config.model)
    start, number = seed.small, seed.number
    assert recipe is not None
    return seed.as_placebo(recipe(start, seed.data, seed=number, after_step=None))


def distilled(seed: Seed) -> Model:
    """Train the shrunk architecture from scratch, half by labels and half by the dense model."""
    settings, data, start = seed.config.model, seed.data, seed.small
    if settings.recipe is not None:
        raise NotMade("a recipe of one's own says itself by which loss it trains.")
    if seed.config.prune.class_weight is not None:
        raise NotMade("what is taught isn't weighed by class.")
    with _told():
        model: Model = network.distilled(
            start,
            seed.dense,
            data.learnable,
            epochs=settings.epochs + int(seed.pruned.history["epochs"].sum()),
            classes=data.task == "classification",
            seed=seed.number,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
        )
    return model


def l1(seed: Seed) -> Model:
    """Train as the placebo under an L1 penalty: shrinking weights gently, none removed."""
    return seed.as_placebo(network.with_l1(seed.dense, seed.config.study.l1_penalty))


def dropout(seed: Seed) -> Model:
    """Train as the placebo with dropout before Dense layers: another regulariser, no mask."""
    with _told():
        start = network.with_dropout(seed.dense, seed.config.study.dropout_rate, seed.number)
    return seed.as_placebo(start)


def matched_churn(seed: Seed) -> Model:
    """Add noise to the dense weights that changes as many predictions as the pruning did."""
    with _told():
        cut = seed.config.explain.threshold
        return matched(seed.dense, seed.pruned.model, seed.data, seed.number, cut)


ARMS: dict[str, Callable[[Seed], Model]] = {
    "placebo": placebo,
    "retrained": retrained,
    "random_pruned": random_pruned,
    "repruned": repruned,
    "preserving": preserving,
    "small_dense": small_dense,
    "distilled": distilled,
    "l1": l1,
    "dropout": dropout,
    "matched_churn": matched_churn,
}
"""How each reference arm is made; one that can't be says why in a `NotMade`."""


def train_arms(config: StudyConfig, data: Data, seed: int, model: Model | None = None) -> Arms:
    """Train every arm of one seed; `model` is the dense one, where it is loaded already."""
    dense = dense_model(config, data, seed) if model is None else model
    pruned = pruned_at(config, dense, data, seed)
    given = Seed(config, data, seed, dense, pruned)
    others: dict[str, Model] = {}
    notes = list(pruned.notes)
    for name, make in ARMS.items():
        if name not in config.study.arms:
            continue
        try:
            others[name] = make(given)
        except NotMade as reason:
            notes.append(f"No {name} arm: {reason}")
    return Arms(
        dense,
        pruned.model,
        pruned.masks,
        pruned.history,
        given.shrunk if config.prune.shrink else None,
        others,
        tuple(notes),
    )


def achieved(masks: Masks) -> float:
    """Return the sparsity that masks hold, as a plain number."""
    return float(np.round(masks.sparsity, 12))
