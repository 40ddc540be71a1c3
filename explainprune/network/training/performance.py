"""How well a model does on labelled rows: its loss, and accuracy or R²."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.feeding import feed, structured
from explainprune.network.functions.labels import arranged, names_of
from explainprune.network.functions.losses import check_labels, heads_of, implied_loss, labels_of
from explainprune.network.functions.scores import boundary_of, loss_of
from explainprune.network.protocol import Model
from explainprune.network.statistics.answers import with_mean_one
from explainprune.network.variables import uncompiled_clone
from explainprune.types import Array, Rows

QUALITIES = ("accuracy", "r2")
"""What tells how well an output does: of class labels, of numbers."""


def performance(model: Model, rows: Rows, *, batch_size: int = 1024) -> dict[str, float]:
    """Return ``"loss"``, and ``"accuracy"`` (of class labels) or ``"r2"`` (of numbers).

    Rows that carry weights count by them.

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
        Of several outputs ``"NAME_accuracy"`` or ``"NAME_r2"`` of each that has a loss and labels,
        and their means as ``"accuracy"`` and ``"r2"``. Penalties are part of the loss.

    Raises
    ------
    ValueError
        If labels are missing or don't fit the outputs, or inputs don't fit the model.
    """
    parts = feed(model, rows.x)
    y = arranged(model, parts, labels_of(rows))
    if not getattr(model, "compiled", False):
        loss, _ = implied_loss(model, parts, y)
        model = uncompiled_clone(model)
        model.compile("sgd", loss=loss)
    check_labels(model, rows, training=False)
    predicted = _predicted(model, parts, batch_size)
    weight = None if rows.weight is None else with_mean_one(rows.weight)
    scores = {"loss": _loss(model, parts, y, predicted, weight)}
    each = _each(model, parts, y, predicted, weight)
    if len(keras.tree.flatten(predicted)) > 1:
        scores |= {f"{name}_{kind}": value for name, kind, value in each}
    for kind in QUALITIES:
        values = [value for _, own, value in each if own == kind]
        if values:
            scores[kind] = float(np.mean(values))
    return scores


def _each(
    model: Model, parts: list[Array], y: Any, predicted: Any, weight: Any
) -> list[tuple[str, str, float]]:
    """Return ``(name, "accuracy" or "r2", value)`` of each output that has a loss and labels."""
    names, outputs = names_of(model, predicted), keras.tree.flatten(predicted)
    labels = y if isinstance(y, Mapping) else dict(zip(names, keras.tree.flatten(y), strict=True))
    found = []
    for place, (name, output) in enumerate(zip(names, outputs, strict=True)):
        if name not in labels:
            continue
        true, made = np.asarray(labels[name]), np.asarray(output)
        loss = loss_of(model, place, name)
        if "crossentropy" in loss:
            threshold = boundary_of(model, heads_of(model, parts)[place][0], place, name)
            each = accuracy(made, true, threshold, weight, binary=loss.startswith("binary"))
            found.append((name, "accuracy", each))
        elif made.size == true.size and (loss or len(outputs) == 1):
            found.append((name, "r2", r2(made, true, weight)))
    return found


def _loss(model: Model, parts: list[Array], y: Any, predicted: Any, weight: Any) -> float:
    """Return the model's own loss, by its own ``compute_loss`` where it has one."""
    value = model.compute_loss(
        x=structured(model, [tf.convert_to_tensor(part) for part in parts]),
        y=keras.tree.map_structure(tf.convert_to_tensor, y),
        y_pred=predicted,
        sample_weight=weight,
        training=False,
    )
    return float(value)


def accuracy(
    outputs: Array,
    y: Array,
    threshold: float = 0.0,
    weight: Array | None = None,
    *,
    binary: bool = False,
) -> float:
    """Share of labels that are the highest output, or on its side of `threshold` if it is one.

    With a weight for each row it is the share of their weight. `binary`: several outputs say yes or
    no, each for itself, unless every row has one yes.

    >>> accuracy(np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([1, 1]))
    0.5
    >>> accuracy(np.array([[-1.0], [2.0]]), np.array([0, 1]))
    1.0
    >>> accuracy(np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([1, 1]), weight=np.array([3, 1]))
    0.75
    >>> accuracy(np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[1, 1], [0, 0]]), binary=True)
    0.75
    """
    several = binary and y.shape == outputs.shape and bool((y.sum(axis=-1) != 1).any())
    if several or outputs.shape[-1] == 1:
        right = (outputs > threshold).reshape(y.shape) == (y > 0.5)
    else:
        y = np.argmax(y, axis=-1) if y.shape == outputs.shape else y
        found = np.argmax(outputs, axis=-1)
        right = found == y.reshape(found.shape)
    each = right.reshape(len(right), -1).mean(axis=1)
    return float(np.average(each, weights=weight))


def r2(outputs: Array, y: Array, weight: Array | None = None) -> float:
    """``1 − Σ w (y − f)² / Σ w (y − ȳ)²``, ȳ the weighted mean; NaN where y is constant.

    >>> r2(np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 3.0]))
    1.0
    """
    y = y.astype(np.float64)
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, np.float64)

    def total(squares: Array) -> float:
        return float(weight @ squares.reshape(len(y), -1).sum(axis=1))

    spread = total(np.square(y - np.average(y, axis=0, weights=weight)))
    missed = total(np.square(outputs.reshape(y.shape) - y))
    return float(1 - missed / spread) if spread > 0 else float("nan")


def _predicted(model: Model, parts: list[Array], batch_size: int) -> Any:
    """Run the model over all rows, a batch at a time, and join its outputs."""
    batches = []
    for start in range(0, len(parts[0]), batch_size):
        batch = [tf.convert_to_tensor(part[start : start + batch_size]) for part in parts]
        batches.append(model(structured(model, batch), training=False))
    return keras.tree.map_structure(lambda *each: tf.concat(each, axis=0), *batches)
