"""How well a model does on labelled rows: its loss, and accuracy or R²."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.feeding import feed, structured
from explainprune.network.functions.scores import loss_of
from explainprune.network.protocol import Model
from explainprune.network.training.losses import check_labels, head_of, implied_loss, labels_of
from explainprune.network.variables import uncompiled_clone
from explainprune.types import Array, Rows


def performance(model: Model, rows: Rows, *, batch_size: int = 1024) -> dict[str, float]:
    """Return ``"loss"``, and ``"accuracy"`` (of class labels) or ``"r2"`` (of numbers).

    Parameters
    ----------
    model : keras.Model
        Its own loss, or the one that its outputs and labels imply. Left as it is.
    rows : Rows
        With labels.
    batch_size : int

    Returns
    -------
    dict of str to float
        The loss alone for models with several outputs. Penalties are part of the loss.

    Raises
    ------
    ValueError
        If labels are missing or don't fit the outputs, or inputs don't fit the model.
    """
    y, parts = labels_of(rows), feed(model, rows.x)
    if not getattr(model, "compiled", False):
        loss, _ = implied_loss(model, parts, y)
        model = uncompiled_clone(model)
        model.compile("sgd", loss=loss)
    predicted = _predicted(model, parts, batch_size)
    outputs = [np.asarray(part) for part in keras.tree.flatten(predicted)]
    if len(outputs) == 1:
        check_labels(model, y, outputs=int(outputs[0].shape[-1] or 1), training=False)
    loss = model.compute_loss(x=None, y=tf.convert_to_tensor(y), y_pred=predicted, training=False)
    scores = {"loss": float(loss)}
    if len(outputs) == 1 and "crossentropy" in loss_of(model):
        threshold = 0.5 if head_of(model, parts)[0] == "sigmoid" else 0.0
        scores["accuracy"] = accuracy(outputs[0], y, threshold)
    elif len(outputs) == 1 and outputs[0].size == y.size:
        scores["r2"] = r2(outputs[0], y)
    return scores


def accuracy(outputs: Array, y: Array, threshold: float = 0.0) -> float:
    """Share of labels that are the highest output, or on its side of `threshold` if it is one.

    >>> accuracy(np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([1, 1]))
    0.5
    >>> accuracy(np.array([[-1.0], [2.0]]), np.array([0, 1]))
    1.0
    """
    if outputs.shape[-1] == 1:
        return float(((outputs > threshold).reshape(y.shape) == (y > 0.5)).mean())
    if y.shape == outputs.shape:
        y = np.argmax(y, axis=-1)
    found = np.argmax(outputs, axis=-1)
    return float((found == y.reshape(found.shape)).mean())


def r2(outputs: Array, y: Array) -> float:
    """``1 − Σ (y − f)² / Σ (y − ȳ)²``; NaN where y is constant.

    >>> r2(np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 3.0]))
    1.0
    """
    y = y.astype(np.float64)
    spread = np.square(y - y.mean(axis=0)).sum()
    missed = np.square(outputs.reshape(y.shape) - y).sum()
    return float(1 - missed / spread) if spread > 0 else float("nan")


def _predicted(model: Model, parts: list[Array], batch_size: int) -> Any:
    """Run the model over all rows, a batch at a time, and join its outputs."""
    batches = []
    for start in range(0, len(parts[0]), batch_size):
        batch = [tf.convert_to_tensor(part[start : start + batch_size]) for part in parts]
        batches.append(model(structured(model, batch), training=False))
    return keras.tree.map_structure(lambda *each: tf.concat(each, axis=0), *batches)
