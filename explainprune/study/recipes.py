"""How models are built and trained: the built-in recipe, or the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune import network
from explainprune.lookup import imported
from explainprune.network import Model
from explainprune.study.config import ModelSettings
from explainprune.types import Data

Recipe = Callable[..., Model]
"""``train(model, data, *, seed, after_step) -> model``: trains and returns a model.

`after_step` is None or a callable without arguments … it must be called after every optimizer
step of a model that is held sparse.
"""


def build(settings: ModelSettings, data: Data, seed: int) -> Model:
    """Return an untrained model for `data`.

    Raises
    ------
    ValueError
        If the data has no labels: nothing says how many outputs there are.
    """
    if settings.build is not None:
        return imported(settings.build, "[model] build")(data, seed=seed)
    if isinstance(data.x, dict):
        raise ValueError("The built-in perceptron reads one input. Set [model] build or path.")
    return network.perceptron(
        int(np.prod(data.x.shape[1:])),
        _n_outputs(data),
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
    """Return the user's recipe, the built-in one, or None for a given model without a recipe."""
    if settings.recipe is not None:
        return imported(settings.recipe, "[model] recipe")
    return None if settings.path is not None else built_in_recipe(settings)
