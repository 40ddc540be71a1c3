"""The loss a model is trained by: its own, or the one that its outputs and labels imply."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.feeding import feed, structured
from explainprune.network.functions.labels import (
    CROSS_ENTROPIES,
    Labels,
    arranged,
    by_output,
    check_against,
)
from explainprune.network.functions.logits import find_head
from explainprune.network.functions.scores import boundary_of, loss_name
from explainprune.network.protocol import Model, chunks
from explainprune.network.tracing.traced import traced
from explainprune.network.variables import clone
from explainprune.types import Array, Rows


def compiled_like(model: Model, rows: Rows, *, learning_rate: float | None = None) -> Model:
    """Return a clone of `model` that is compiled: as it was, or as its outputs and labels imply.

    A model that isn't compiled gets Adam, and cross-entropy from logits or probabilities
    (whichever its outputs are) for class labels, one-hot labels or labels 0/1, the mean squared
    error for numbers.

    Raises
    ------
    ValueError
        If there are no labels, they don't fit the outputs, are outside the outputs' range, or
        hold one class only.
    """
    copy = clone(model)
    if not getattr(copy, "compiled", False):
        inputs = feed(copy, rows.x)
        y = arranged(copy, inputs, labels_of(rows))
        loss, metrics = implied_loss(copy, inputs, y)
        copy.compile(keras.optimizers.Adam(), loss=loss, metrics=metrics)
    check_labels(copy, rows)
    if learning_rate is not None:
        set_learning_rate(copy, learning_rate)
    copy.optimizer.build(copy.trainable_variables)
    return copy


def ready_to_train(model: Model, rows: Rows) -> Model:
    """Return `model` if it is compiled, or if nothing says by which loss; else a clone that is."""
    if getattr(model, "compiled", False) or rows.y is None:
        return model
    with suppress(ValueError):  # a recipe may know what to train by where we don't
        return compiled_like(model, rows)
    return model


def set_random_seed(seed: int) -> None:
    """Seed Python's, numpy's and TensorFlow's own generators: for a process of one's own."""
    keras.utils.set_random_seed(seed)


def predicted_classes(model: Model, inputs: list[Array]) -> Array:
    """Return the class that `model` predicts for each row (and position)."""
    pieces = []
    for part in chunks(len(inputs[0]), 1, 1024):
        rows = structured(model, [tf.convert_to_tensor(array[part]) for array in inputs])
        outputs = keras.tree.flatten(model(rows, training=False))
        pieces.append(outputs[0].numpy())
    values = np.concatenate(pieces)
    if values.shape[-1] > 1:
        return np.asarray(values.argmax(axis=-1))
    boundary = boundary_of(model, head_of(model, inputs)[0])
    return np.asarray(values[..., 0] > boundary, dtype=np.int64)


def set_learning_rate(model: Model, learning_rate: float) -> None:
    """Set a constant rate, also where the optimizer was made with a schedule."""
    if not learning_rate > 0:
        raise ValueError(f"learning_rate is above 0. Received: {learning_rate}.")
    try:
        model.optimizer.learning_rate = float(learning_rate)
    except TypeError:
        model.optimizer.learning_rate = lambda: float(learning_rate)


def labels_of(rows: Rows) -> Labels:
    """Return the labels, a dict of them for several outputs, or raise."""
    labels = rows.y if rows.by_output is None else rows.by_output
    if labels is None:
        raise ValueError("Training needs labels: y is None. Pass (x, y), or Data with labels.")
    return labels


def head_of(model: Model, inputs: list[Array]) -> tuple[str, tuple[int | None, ...]]:
    """Return ``"softmax"``, ``"sigmoid"`` or ``"raw"``, and the output's shape without rows.

    Raises
    ------
    ValueError
        If the model has several outputs.
    """
    heads = heads_of(model, inputs)
    if len(heads) > 1:
        raise ValueError(
            f"Model {model.name!r} has {len(heads)} outputs. Expected one: what it predicts, and "
            "its loss where it isn't compiled, are those of a single output."
        )
    return heads[0]


def heads_of(model: Model, inputs: list[Array]) -> list[tuple[str, tuple[int | None, ...]]]:
    """Return the head and the shape of each output."""
    found: list[Any] = []

    def forward(*tensors: Any) -> Any:
        outputs = keras.tree.flatten(model(structured(model, list(tensors)), training=False))
        found.append([(find_head(each).kind, tuple(each.shape[1:])) for each in outputs])
        return outputs

    specs = [tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in inputs]
    traced(forward, *specs)
    return [(str(kind), tuple(shape)) for kind, shape in found[-1]]


def implied_loss(model: Model, inputs: list[Array], y: Any) -> tuple[Any, Any]:
    """Return the loss, and the metrics, that the model's outputs and the labels imply.

    Labels of several outputs, nested as they are, imply as many losses and metrics.
    """
    heads, labels = heads_of(model, inputs), keras.tree.flatten(y)
    if len(heads) != len(labels):
        raise ValueError(
            f"Model {model.name!r} isn't compiled, and has {len(heads)} outputs for labels of "
            f"{len(labels)}: no loss is implied. Compile it, or pass a recipe."
        )
    implied = [_implied(*head, each) for head, each in zip(heads, labels, strict=True)]
    if len(implied) == 1:
        return implied[0]
    losses, metrics = (list(each) for each in zip(*implied, strict=True))
    if isinstance(y, Mapping):
        names = sorted(y)
        return dict(zip(names, losses, strict=True)), dict(zip(names, metrics, strict=True))
    return losses, metrics


def _implied(head: str, shape: tuple[int | None, ...], y: Array) -> tuple[Any, list[Any]]:
    """Return the loss and the metrics of one output."""
    raw = head == "raw"
    one = not shape or shape[-1] == 1
    whole = bool((y == np.round(y)).all())
    between = bool(((y >= 0) & (y <= 1)).all())
    if one and (head == "sigmoid" or (y.dtype.kind in "iub" and between)):
        accuracy = keras.metrics.BinaryAccuracy("accuracy", threshold=0.0 if raw else 0.5)
        return keras.losses.BinaryCrossentropy(from_logits=raw), [accuracy]
    if not one and whole and _trimmed(y).shape[1:] == shape[:-1]:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=raw), ["accuracy"]
    if not one and y.shape[1:] == shape and head != "sigmoid" and _sums_to_one(y):
        return keras.losses.CategoricalCrossentropy(from_logits=raw), ["accuracy"]
    if y.shape[1:] == shape and head == "sigmoid":
        return keras.losses.BinaryCrossentropy(), [keras.metrics.BinaryAccuracy("accuracy")]
    if _trimmed(y).shape[1:] == (shape[:-1] if one else shape):
        return keras.losses.MeanSquaredError(), []
    raise ValueError(
        f"Labels of shape {y.shape} don't fit the model's outputs of shape {('n', *shape)}."
    )


def _trimmed(y: Array) -> Array:
    """Drop a last axis of one, as in labels of shape (n, 1)."""
    return y[..., 0] if y.ndim > 1 and y.shape[-1] == 1 else y


def _sums_to_one(y: Array) -> bool:
    return bool((y >= 0).all() and np.allclose(y.sum(axis=-1), 1, atol=1e-3))


def one_class(y: Array) -> Array | None:
    """Return the class of each row (and position): whole labels, or the largest of shares.

    None where labels are neither: those of several classes at once, numbers, steps of a sequence.
    """
    if y.ndim > 1 and y.shape[-1] > 1:
        return np.asarray(y.argmax(axis=-1)) if _sums_to_one(y) else None
    return y if (y == np.round(y)).all() else None


def check_labels(model: Model, rows: Rows, *, training: bool = True) -> None:
    """Raise unless the labels are ones that the model's loss can learn from.

    Raises
    ------
    ValueError
        If a label is outside the range of its output or, for training, there is only one class.
    """
    inputs = feed(model, rows.x)
    y = arranged(model, inputs, labels_of(rows))
    for loss, labels, width in by_output(model, inputs, y, model.loss):
        check_against(loss, labels, outputs=width)
        if training and loss_name(loss) in CROSS_ENTROPIES:
            _check_two_classes(loss_name(loss), labels)


def _check_two_classes(name: str, y: Array) -> None:
    classes = np.argmax(y, axis=-1) if name == "categorical_crossentropy" else y
    if len(np.unique(classes)) < 2:
        raise ValueError(
            "Training needs labels of at least two classes. Received: "
            f"{len(y)} rows, all of class {np.ravel(classes)[0]}."
        )
