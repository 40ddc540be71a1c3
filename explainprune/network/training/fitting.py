"""Training with masks held: entries that are masked are zero after every step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from explainprune.network.functions.losses import compiled_like
from explainprune.network.masking import apply_masks, holder
from explainprune.network.protocol import Model
from explainprune.network.training.trainer import History, Trainer
from explainprune.types import Array, Rows

__all__ = ["Trainer", "apply_masks", "compiled_like", "fit", "holder"]


def fit(
    model: Model,
    rows: Rows,
    *,
    epochs: int,
    seed: int = 0,
    masks: Mapping[str, Array] | None = None,
    batch_size: int = 32,
    validation: Rows | None = None,
    learning_rate: float | None = None,
    callbacks: Iterable[Any] = (),
    after_step: Callable[[Model], None] | None = None,
    sample_weight: Array | None = None,
    class_weight: Mapping[int, float] | None = None,
    patience: int | None = None,
) -> tuple[Model, History]:
    """Train a clone of `model`, masked entries held at zero.

    Each step is the model's own ``train_step``: its loss, penalties, optimizer and metrics. After
    each step masked entries are set to zero, whatever the optimizer's slots would move them to.
    Without callbacks and hooks a whole epoch is one compiled call.

    Parameters
    ----------
    model : keras.Model
        Left as it is. If it isn't compiled, the loss its outputs and labels imply, and Adam.
    rows : Rows
        With labels.
    epochs : int
    seed : int
        Of the order of rows and of dropout.
    masks : Masks or mapping of str to ndarray of bool, optional
        By variable path; True = keep.
    batch_size : int
    validation : Rows, optional
        Scored after each epoch, as ``val_…`` in the history.
    learning_rate : float, optional
        In place of the optimizer's.
    callbacks : iterable of keras.callbacks.Callback
    after_step : callable, optional
        Called with the model in training after each step, when masked entries are zero again.
    sample_weight : ndarray (n,), optional
    class_weight : mapping of int to float, optional
        Weight of each class; classes that aren't named weigh 1.
    patience : int, optional
        Stop after so many epochs without a lower validation loss, and return to the best.

    Returns
    -------
    model : keras.Model
        The trained clone, compiled.
    history : dict of str to list of float
        Loss and metrics of each epoch.

    Raises
    ------
    ValueError
        If labels are missing, of one class or outside the outputs' range, inputs don't fit, or
        the loss becomes NaN.
    """
    trainer = Trainer(
        model,
        rows,
        batch_size=batch_size,
        validation=validation,
        learning_rate=learning_rate,
        sample_weight=sample_weight,
        class_weight=class_weight,
        patience=patience,
    )
    history = trainer.run(
        model, epochs=epochs, seed=seed, masks=masks, callbacks=callbacks, after_step=after_step
    )
    return trainer.model, history
