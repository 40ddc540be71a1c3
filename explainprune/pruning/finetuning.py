"""Training between steps, what is removed held at zero: by the model's own loss, or a recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainprune.lookup import check_call
from explainprune.network.functions.losses import ready_to_train
from explainprune.network.masking import apply_masks, holder
from explainprune.network.protocol import Model
from explainprune.network.training.preserving import WEIGHTS, Preserve
from explainprune.network.training.trainer import Trainer
from explainprune.pruning.rows import Given, given
from explainprune.types import Masks

Recipe = Callable[..., Model]
"""``train(model, data, *, seed, after_step) -> model``."""

Finetune = Callable[[Model, Masks, int, int], Model]
"""From a model, its masks, a number of epochs and a seed to the trained model."""

NO_LABELS = (
    "There are no labels, so the model is pruned without fine-tuning. Pass (x, y) or labelled "
    "Data, or finetune_epochs=0 to leave it at that."
)
NOT_COMPILED = (
    "The model isn't compiled: it is fine-tuned with Adam on the loss that its outputs and labels "
    "imply. Compile it, or pass recipe=, to choose."
)


def finetuner(
    recipe: Recipe | None,
    given: Given,
    patience: int | None = None,
    preserve: Preserve | None = None,
) -> Finetune:
    """Return what trains a model while its masks hold.

    Raises
    ------
    TypeError
        If the recipe isn't callable.
    """
    if recipe is None:
        return _Own(given, patience, preserve)
    if not callable(recipe):
        raise TypeError(
            "recipe is a function train(model, data, *, seed, after_step) that returns a model. "
            f"Received: {recipe!r} of type {type(recipe).__name__}."
        )
    check_recipe(recipe)
    return lambda model, masks, epochs, seed: _by_recipe(recipe, model, given, masks, seed)


def epochs_for(
    finetune_epochs: int | None,
    recipe: Recipe | None,
    given: Given,
    steps: int,
    patience: int | None = None,
) -> tuple[int, str | None]:
    """Return the number of epochs over all steps, and a warning if there is one to give.

    A recipe decides itself how long it trains: it counts as one epoch for each step.

    Raises
    ------
    ValueError
        If epochs are asked for that can't be trained, or below 0, or beside a recipe.
    """
    if finetune_epochs is not None and finetune_epochs < 0:
        raise ValueError(f"finetune_epochs is 0 or more. Received: {finetune_epochs}.")
    if patience is not None and patience < 1:
        raise ValueError(f"patience is 1 or more epochs. Received: {patience}.")
    if recipe is not None:
        if patience is not None:
            raise ValueError(
                "A recipe decides how long it trains: leave out patience, or use "
                f"fit_recipe(patience=...). Received: patience={patience} beside a recipe."
            )
        if finetune_epochs:
            raise ValueError(
                "A recipe decides how long it trains: leave out finetune_epochs, or pass 0 for no "
                f"fine-tuning. Received: finetune_epochs={finetune_epochs} beside a recipe."
            )
        return (steps if finetune_epochs is None else 0), None
    if finetune_epochs and not given.labelled:
        raise ValueError(
            f"finetune_epochs={finetune_epochs} needs labels. Received: "
            f"{'no data' if given.learn is None else 'data without labels'}."
        )
    if finetune_epochs is not None:
        return finetune_epochs, None
    if given.labelled:
        return 2 * steps, None
    return 0, NO_LABELS if given.learn is not None else None


def preserved(
    what: str | Preserve | None,
    weight: float | None,
    unlabelled: Any,
    *,
    dense: Model,
    recipe: Recipe | None,
    epochs: int,
) -> Preserve | None:
    """Return what fine-tuning holds to the dense model's, if anything.

    Raises
    ------
    ValueError
        If it is unknown, weighs less than 0, or nothing is fine-tuned by the model's own loss.
    """
    if what is None:
        if unlabelled is not None:
            raise ValueError(
                "unlabelled= holds rows to preserve something on: pass preserve= as well, one of "
                f"{', '.join(WEIGHTS)}."
            )
        return None
    name = what.what if isinstance(what, Preserve) else what
    if recipe is not None:
        raise ValueError(
            f"preserve={name!r} is a term of the model's own loss, and a recipe decides by which "
            "loss it trains: leave out either."
        )
    if not epochs:
        raise ValueError(
            f"preserve={name!r} is a term of the loss of fine-tuning, and nothing is fine-tuned: "
            "it needs labels, and finetune_epochs of at least 1."
        )
    if isinstance(what, Preserve):
        if weight is not None or unlabelled is not None:
            raise ValueError("A Preserve says itself what it weighs, and on which further rows.")
        return what
    rows = None if unlabelled is None else given(unlabelled, dense).learn
    return Preserve(what, dense, weight, rows)


class _Own:
    """Training by the model's own loss; what is compiled at the first step serves the others."""

    def __init__(
        self, given: Given, patience: int | None, preserve: Preserve | None = None
    ) -> None:
        self._given, self._patience, self._preserve = given, patience, preserve
        self._trainer: Trainer | None = None

    def __call__(self, model: Model, masks: Masks, epochs: int, seed: int) -> Model:
        assert self._given.learn is not None
        if self._trainer is None:
            watched = None if self._patience is None else self._given.validation
            self._trainer = Trainer(
                model,
                self._given.learn,
                validation=watched,
                patience=self._patience,
                preserve=self._preserve,
            )
        trained, _ = self._trainer.train(model, epochs=epochs, seed=seed, masks=masks)
        return trained


def _by_recipe(recipe: Recipe, model: Model, given: Given, masks: Masks, seed: int) -> Model:
    """Train by the user's recipe, on a clone; what it forgot to hold is set to zero again."""
    start = apply_masks(model, masks)
    if given.learn is not None:
        start = ready_to_train(start, given.learn)
    trained: Any = recipe(start, given.data, seed=seed, after_step=holder(start, masks))
    return apply_masks(trained_by(trained), masks)


def check_recipe(recipe: Recipe) -> None:
    """Raise a TypeError unless a recipe takes what it is given."""
    form = "train(model, data, *, seed, after_step)"
    check_call(recipe, form, "A recipe", "model", "data", seed="", after_step="")


def trained_by(returned: Any) -> Model:
    """Return what a recipe returned, if it is a model."""
    if hasattr(returned, "get_weights"):
        return returned
    shown = "None" if returned is None else f"a {type(returned).__name__}"
    raise TypeError(f"The recipe returned {shown}. Expected: the trained model.")
