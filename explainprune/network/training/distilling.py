"""Distillation: a model learns from labels and from what another model outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.functions.feeding import feed
from explainprune.network.functions.losses import head_of
from explainprune.network.functions.networks import as_network
from explainprune.network.protocol import Model
from explainprune.network.training.fitting import fit
from explainprune.network.training.softened import TEMPERATURE, divergence, shares
from explainprune.network.variables import uncompiled_clone
from explainprune.types import Array, Rows


class Distilling(keras.losses.Loss):  # type: ignore[misc]
    r"""Half the loss by labels, half by a teacher, both side by side in what is learnt.

    .. math:: \tfrac12 H(y, \mathrm{softmax}(z)) + \tfrac12 T^2\, KL(t \,\|\, \mathrm{softmax}(z/T))

    with t the teacher's softmax at the same temperature T; of numbers the two squared errors. Of
    one unit for two classes, z is (0, its logit). `keras.distillation` has the first for logits
    alone: it neither weighs rows nor knows that outputs may be probabilities, or one unit, and its
    default, ``loss="kl_divergence"``, takes the divergence of logits as if they were shares (3.15).

    Parameters
    ----------
    head : str
        ``"raw"``, ``"softmax"``, ``"sigmoid"``, or ``"number"``: what the model outputs.
    temperature : float

    Notes
    -----
    Hinton, Vinyals & Dean 2015, arXiv:1503.02531.
    """

    def __init__(self, head: str, temperature: float = TEMPERATURE) -> None:
        super().__init__(name="distilling")
        self.head, self.temperature = head, temperature

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row; `y_true` (n, 2K) holds labels, then the teacher's."""
        ops = keras.ops
        own, taught = ops.split(ops.cast(y_true, y_pred.dtype), 2, axis=-1)
        if self.head == "number":
            errors = [ops.mean(ops.square(each - y_pred), axis=-1) for each in (own, taught)]
            return (errors[0] + errors[1]) / 2
        z = self._logits(y_pred)
        hard = -ops.sum(own * ops.log_softmax(z), axis=-1)
        return (hard + divergence(taught, z, self.temperature)) / 2

    def _logits(self, outputs: Any) -> Any:
        """Return logits of all classes, up to a constant for each row."""
        ops = keras.ops
        if self.head == "raw":
            one = outputs.shape[-1] == 1
            return ops.concatenate([ops.zeros_like(outputs), outputs], -1) if one else outputs
        if self.head == "sigmoid":
            outputs = ops.concatenate([1 - outputs, outputs], axis=-1)
        return ops.log(ops.maximum(outputs, keras.config.epsilon()))


def distilled(
    student: Model,
    teacher: Model,
    rows: Rows,
    *,
    epochs: int,
    classes: bool = True,
    seed: int = 0,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    temperature: float = TEMPERATURE,
) -> Model:
    """Train a clone of `student` with Adam on labels and on the outputs of `teacher`.

    Parameters
    ----------
    student, teacher : keras.Model
        Of one output each, as wide as each other; both are left as they are.
    rows : Rows
        With labels. Rows that weigh more count more.
    epochs, seed, batch_size, learning_rate
        As `fit` has them.
    classes : bool
        Whether labels are classes; numbers are taught by squared errors.
    temperature : float

    Raises
    ------
    ValueError
        If there are no labels of a single output, or the two output numbers of other widths.
    """
    if rows.y is None:
        raise ValueError("Distillation needs labels of one output. Received: y=None.")
    head = head_of(student, feed(student, rows.x))[0] if classes else "number"
    network, widths = as_network(teacher), [as_network(m).n_outputs for m in (student, teacher)]
    if widths[0] != widths[1]:
        raise ValueError(
            f"Student and teacher output as many numbers. Received: {widths[0]} and {widths[1]}."
        )
    logits = network.outputs(network.pack(rows.x))
    taught = shares(logits, temperature) if classes else logits
    own = _labels(rows.y, taught.shape[1]) if classes else rows.y.reshape(len(rows), -1)
    if own.shape != taught.shape:
        raise ValueError(
            f"Labels and the teacher's outputs have one shape. Received: {own.shape} and "
            f"{taught.shape}."
        )
    pupil = uncompiled_clone(student)
    pupil.compile(keras.optimizers.Adam(learning_rate), loss=Distilling(head, temperature))
    both = np.concatenate([own, taught], axis=1).astype(np.float32)
    lesson = Rows(rows.x, both, weight=rows.weight)
    trained, _ = fit(pupil, lesson, epochs=epochs, seed=seed, batch_size=batch_size)
    return uncompiled_clone(trained)


def _labels(y: Array, classes: int) -> Array:
    """Return labels as shares: one-hot as they are, classes by their number."""
    if y.ndim == 2 and y.shape[1] == classes:
        return y
    if y.size != len(y) or not np.isin(y, np.arange(classes)).all():
        raise ValueError(
            f"Labels are classes from 0 to {classes - 1}, or one-hot. Received: "
            f"y.shape={y.shape}, from {y.min()} to {y.max()}."
        )
    return np.eye(classes)[y.reshape(len(y)).astype(np.int64)]
