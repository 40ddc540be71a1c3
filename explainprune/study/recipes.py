"""How models are built and trained: the built-in recipe, or the user's own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from explainprune import network
from explainprune.lookup import check_call, imported
from explainprune.network import Model
from explainprune.pruning.finetuning import check_recipe, trained_by
from explainprune.study.config import ModelSettings
from explainprune.types import Data
from explainprune.types.archives import check_memory

Recipe = Callable[..., Model]
"""``train(model, data, *, seed, after_step) -> model``: trains and returns a model.

`after_step` is called, without arguments, after every optimizer step: it holds removed entries at
zero, and does nothing where none is removed.
"""


def trained(settings: ModelSettings) -> Model | None:
    """Load the model that the settings name; None where they name none."""
    if settings.path is None:
        return None
    return network.load_model(settings.path, trust=settings.trust)


def build(settings: ModelSettings, data: Data, seed: int) -> Model:
    """Return an untrained model for `data`.

    Raises
    ------
    ValueError
        If the data has no labels: nothing says how many outputs there are.
    """
    if settings.build is not None:
        return made_by(settings.build)(data, seed=seed)
    if isinstance(data.x, dict):
        raise ValueError("The built-in perceptron reads one input. Set [model] build or path.")
    features, outputs = int(np.prod(data.x.shape[1:])), _n_outputs(data)
    weights = sum(a * b for a, b in pairwise((features, *settings.hidden, outputs)))
    check_memory(12 * weights, f"[model] hidden = {list(settings.hidden)} (with its optimizer)")
    return network.perceptron(
        features,
        outputs,
        hidden=settings.hidden,
        activation=settings.activation,
        dropout=settings.dropout,
        l1=settings.l1,
        seed=seed,
    )


def _n_outputs(data: Data) -> int:
    labels = data.learnable.y
    if labels is None:
        raise ValueError(
            f"{data.name!r} has no labels, so no model can be trained on it. Set [model] path."
        )
    if data.task == "regression":
        return 1 if labels.ndim == 1 else int(labels.shape[1])
    return len(data.class_names) if data.class_names else int(labels.max()) + 1


def built_in_recipe(settings: ModelSettings) -> Recipe:
    """Return the recipe that trains with Adam for the settings' epochs."""

    def train(model: Model, data: Data, *, seed: int, after_step: Any = None) -> Model:
        trained, _ = network.fit(
            model,
            data.learnable,
            epochs=settings.epochs,
            seed=seed,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            after_step=after_step,
        )
        return trained

    return train


def recipe_of(settings: ModelSettings) -> Recipe | None:
    """Return the user's recipe, the built-in one, or None for a given model without a recipe.

    The user's is given a model that is compiled, by the loss that outputs and labels imply where
    it isn't yet, and a seeded process: what draws from global generators is the same each time.
    """
    if settings.recipe is None:
        return None if settings.path is not None else built_in_recipe(settings)
    recipe = imported(settings.recipe, "[model] recipe")
    check_recipe(recipe)

    def train(model: Model, data: Data, *, seed: int, after_step: Any = None) -> Model:
        network.set_random_seed(seed)
        if after_step is None:
            model, after_step = network.ready_to_train(model, data.learnable), _nothing
        return trained_by(recipe(model, data, seed=seed, after_step=after_step))

    return train


def _nothing(*model: Model) -> None:
    """Hold nothing: the `after_step` of a model of which nothing is removed."""


def check_functions(settings: ModelSettings) -> None:
    """Raise for functions of the user's that can't be had or called, before any work.

    Raises
    ------
    ValueError, TypeError
        Naming the setting, and how it is called.
    """
    recipe_of(settings)
    if settings.build is not None:
        made_by(settings.build)


def made_by(reference: str) -> Callable[..., Model]:
    """Return the user's function that builds an untrained model.

    Raises
    ------
    ValueError, TypeError
        If it can't be imported, or doesn't take what it is given.
    """
    function = imported(reference, "[model] build")
    check_call(function, "build(data, seed=...)", "[model] build", "data", seed="")
    return function
