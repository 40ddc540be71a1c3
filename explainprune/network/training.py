"""Training with masks held: entries that are masked are zero after every step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.feeding import feed
from explainprune.network.losses import check_against, compiled_like, labels_of, output_width
from explainprune.network.masking import Holder, apply_masks, holder
from explainprune.network.protocol import Model
from explainprune.network.training_loop import Fed, Logs, Loop, Patience
from explainprune.types import Array, Rows

__all__ = ["apply_masks", "compiled_like", "fit", "holder"]

History = dict[str, list[float]]


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
    _check(epochs=epochs, batch_size=batch_size)
    if patience is not None and validation is None:
        raise ValueError("patience= needs validation= rows to watch.")
    trained = compiled_like(model, rows, learning_rate=learning_rate)
    holders = [] if masks is None else [holder(trained, masks)]
    if isinstance(after_step, Holder):
        holders, after_step = [*holders, after_step], None
    fed = Fed.of(trained, rows.x, labels_of(rows), sample_weight, class_weight)
    check = None
    if validation is not None:
        check = Fed.of(trained, validation.x, labels_of(validation), None, class_weight)
        width = output_width(trained, feed(trained, validation.x))
        check_against(trained.loss, labels_of(validation), outputs=width)
    loop = Loop(trained, fed, holders, seed)
    called = keras.callbacks.CallbackList(list(callbacks), model=trained, epochs=epochs)
    after_batch = _after_batch(trained, called, after_step)
    watch = Patience(trained, patience)
    history: History = {}
    trained.stop_training = False
    called.on_train_begin()
    for epoch in range(epochs):
        called.on_epoch_begin(epoch)
        logs = loop.epoch(batch_size, after_batch)
        _check_loss(logs, epoch)
        if check is not None:
            logs |= {f"val_{name}": value for name, value in loop.score(check).items()}
        for name, value in logs.items():
            history.setdefault(name, []).append(value)
        called.on_epoch_end(epoch, logs)
        if watch.stops(logs) or trained.stop_training:
            break
    loop.finish()
    watch.restore()
    called.on_train_end()
    return trained, history


def _after_batch(
    model: Model, called: Any, after_step: Callable[[Model], None] | None
) -> Callable[[int, Logs], None] | None:
    """Join callbacks and hook into one call per batch; None where there are neither."""
    if not called.callbacks and after_step is None:
        return None

    def after_batch(batch: int, logs: Logs) -> None:
        if after_step is not None:
            after_step(model)
        called.on_train_batch_end(batch, logs)

    return after_batch


def _check(**counts: int) -> None:
    for name, value in counts.items():
        least = 0 if name == "epochs" else 1
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise ValueError(f"{name} is a whole number of at least {least}. Received: {value!r}.")


def _check_loss(logs: Logs, epoch: int) -> None:
    if not math.isfinite(logs["loss"]):
        raise ValueError(
            f"Training diverged: the loss is {logs['loss']} in epoch {epoch + 1}. Try a lower "
            "learning_rate=."
        )
