"""What trains models of one architecture on the same rows, compiled once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.functions.losses import check_labels, compiled_like, one_class
from explainprune.network.masking import HeldMasks, Holder
from explainprune.network.protocol import Model
from explainprune.network.training.loop import Fed, Logs, Loop, Patience
from explainprune.network.training.preserving import Lesson, Preserve
from explainprune.network.variables import clone, located_layers, variables
from explainprune.types import Array, Rows

History = dict[str, list[float]]


class Trainer:
    """Trains clones of one model, whatever their weights and masks, by steps compiled once.

    Compiling a training step takes longer than many epochs of a small network: what trains again
    and again, as gradual pruning does, keeps its trainer.

    Parameters
    ----------
    model : keras.Model
        Left as it is. If it isn't compiled, the loss its outputs and labels imply, and Adam.
    rows : Rows
        With labels.
    batch_size, validation, learning_rate, sample_weight, class_weight, patience
        As `fit` has them.
    preserve : Preserve, optional
        What is held to another model's by a term of the loss; nothing is where that weighs 0.

    Raises
    ------
    ValueError
        As `fit` and `Lesson` do.
    """

    def __init__(
        self,
        model: Model,
        rows: Rows,
        *,
        batch_size: int = 32,
        validation: Rows | None = None,
        learning_rate: float | None = None,
        sample_weight: Array | None = None,
        class_weight: Mapping[int, float] | None = None,
        patience: int | None = None,
        preserve: Preserve | None = None,
    ) -> None:
        _check(batch_size=batch_size)
        if patience is not None and validation is None:
            raise ValueError("patience= needs validation= rows to watch.")
        self.model = compiled_like(model, rows, learning_rate=learning_rate)
        self._batch_size, self._patience = batch_size, patience
        own = _weight(rows, sample_weight, class_weight)
        self._fed = Fed.of(self.model, rows, own)
        self._checked = None
        if validation is not None:
            check_labels(self.model, validation, training=False)
            weight = _weight(validation, None, class_weight)
            self._checked = Fed.of(self.model, validation, weight)
        self._fresh = [variable.numpy() for variable in self.model.optimizer.variables]
        self._loop: Loop | None = None
        self._lesson: Lesson | None = None
        if preserve is not None and preserve.strength:
            weights = [each for each in (rows.weight, own) if each is not None]
            total = np.prod(weights, axis=0) if weights else None
            self._lesson = Lesson(preserve, self.model, rows, total)

    def train(
        self, model: Model, *, epochs: int, seed: int = 0, masks: Mapping[str, Array] | None = None
    ) -> tuple[Model, History]:
        """Train a clone of `model`, which has the architecture that the trainer was made for."""
        history = self.run(model, epochs=epochs, seed=seed, masks=masks)
        return clone(self.model), history

    def run(
        self,
        model: Model,
        *,
        epochs: int,
        seed: int = 0,
        masks: Mapping[str, Array] | None = None,
        callbacks: Iterable[Any] = (),
        after_step: Callable[[Model], None] | None = None,
    ) -> History:
        """Train the trainer's own model, from the weights of `model`."""
        _check(epochs=epochs)
        held = [] if masks is None else [Holder(self.model, masks)]
        if isinstance(after_step, Holder):
            held, after_step = [*held, after_step], None
        loop = self._begun(model, held)
        loop.start(seed)
        called = keras.callbacks.CallbackList(list(callbacks), model=self.model, epochs=epochs)
        after_batch = _after_batch(self.model, called, after_step)
        watch = Patience(self.model, self._patience)
        history: History = {}
        self.model.stop_training = False
        called.on_train_begin()
        for epoch in range(epochs):
            called.on_epoch_begin(epoch)
            logs = loop.epoch(self._fed, self._batch_size, after_batch, self._lesson)
            _check_loss(logs, epoch)
            if self._checked is not None:
                scores = loop.score(self._checked)
                logs |= {f"val_{name}": value for name, value in scores.items()}
            for name, value in logs.items():
                history.setdefault(name, []).append(value)
            called.on_epoch_end(epoch, logs)
            if watch.stops(logs) or self.model.stop_training:
                break
        loop.finish()
        watch.restore()
        called.on_train_end()
        return history

    def _begun(self, model: Model, held: list[Holder]) -> Loop:
        """Take over weights and masks; the optimizer begins without slots."""
        given = variables(model)
        for path, variable in variables(self.model).items():
            variable.assign(given[path])
        for _, layer in located_layers(self.model):
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
                layer.reset_state()
        for variable, value in zip(self.model.optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        masks: dict[str, Array] = {}
        for each in held:
            for path, mask in each.masks.items():
                masks[path] = masks.get(path, True) & mask
        paths = set() if self._loop is None else self._loop.masks.paths
        if self._loop is None or not paths >= set(masks):  # compiled for other variables, if at all
            held_masks = HeldMasks(self.model, sorted(paths | set(masks)))
            term = None if self._lesson is None else self._lesson.term
            self._loop = Loop(self.model, self._fed, held_masks, term)
        self._loop.masks.set(masks)
        return self._loop


def _weight(
    rows: Rows, sample_weight: Array | None, class_weight: Mapping[int, float] | None
) -> Array | None:
    """Multiply the weights of rows and of their classes."""
    weight = np.ones(len(rows), np.float32)
    if sample_weight is not None:
        weight = np.asarray(sample_weight, np.float32)
        if weight.shape != (len(rows),):
            raise ValueError(
                f"sample_weight needs shape ({len(rows)},). Received: shape={weight.shape}."
            )
    if class_weight is not None:
        weight = weight * _weights_by_class(rows, class_weight)
    return None if sample_weight is None and class_weight is None else weight


def _weights_by_class(rows: Rows, class_weight: Mapping[int, float]) -> Array:
    y = rows.y
    if y is None:
        raise ValueError("class_weight needs one label for each row. Received: several outputs'.")
    classes = one_class(y)
    if classes is None or classes.size != len(y):
        raise ValueError(f"class_weight needs one label for each row. Received: y.shape={y.shape}.")
    return np.array([class_weight.get(int(c), 1.0) for c in classes.reshape(-1)], np.float32)


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
