"""A recipe made of options: what fine-tuning by `prune` itself leaves at its defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from explainprune.network.protocol import Model
from explainprune.network.training.fitting import fit
from explainprune.pruning.finetuning import Recipe
from explainprune.types import Array, Data


def fit_recipe(
    *,
    epochs: int = 2,
    batch_size: int = 32,
    learning_rate: float | None = None,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Array | None = None,
    callbacks: Iterable[Any] = (),
    patience: int | None = None,
) -> Recipe:
    """Return a recipe for `prune` and `lottery_ticket` that trains by the model's own loss.

    Masks are held after every step, before callbacks see the model.

    Parameters
    ----------
    epochs : int
        At each step of pruning.
    batch_size, learning_rate, class_weight, sample_weight, callbacks
        As ``explainprune.network.fit`` has them: `sample_weight` is one number for each row that
        is learned from.
    patience : int, optional
        Stop after so many epochs without a lower loss on the validation rows; needs data with some.

    Returns
    -------
    callable
        ``train(model, data, *, seed, after_step) -> model``.

    Examples
    --------
    >>> careful = fit_recipe(epochs=1, class_weight={8: 2.0}, learning_rate=1e-3)
    >>> # prune(model, data, sparsity=0.9, recipe=careful)
    """
    called = tuple(callbacks)

    def train(
        model: Model, data: Data, *, seed: int, after_step: Callable[[Model], None] | None = None
    ) -> Model:
        trained, _ = fit(
            model,
            data.learnable,
            epochs=epochs,
            seed=seed,
            batch_size=batch_size,
            validation=data.validation,
            learning_rate=learning_rate,
            callbacks=called,
            after_step=after_step,
            sample_weight=sample_weight,
            class_weight=class_weight,
            patience=patience,
        )
        return trained

    return train
