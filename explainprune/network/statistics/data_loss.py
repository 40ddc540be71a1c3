"""A model's loss as a sum over rows, with labels or against its own predicted class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explainprune.network.backend import keras, tf
from explainprune.network.protocol import Model
from explainprune.network.training.losses import (
    CROSS_ENTROPIES,
    check_against,
    head_of,
    implied_loss,
    loss_name,
    output_width,
)
from explainprune.types import Array


class DataLoss:
    """The sum of a model's losses over rows, penalties left out.

    Parameters
    ----------
    model : keras.Model
        Its own loss if it is compiled, else the one that its outputs and labels imply.
    inputs : list of ndarray
        Rows to learn shapes from.
    y : ndarray or None
        None: each row's loss is taken against the class that the model itself predicts.

    Raises
    ------
    ValueError
        If labels don't fit, or a model that doesn't classify has none.
    """

    def __init__(self, model: Model, inputs: list[Array], y: Array | None) -> None:
        self.labelled = y is not None
        if getattr(model, "compiled", False):
            loss, self._loss = model.loss, model._compile_loss
        else:
            loss = implied_loss(model, inputs, y)[0] if y is not None else own_loss(model, inputs)
            self._loss = loss
        self._name = loss_name(loss)
        loss = keras.losses.get(loss) if isinstance(loss, str) else loss
        config = loss.get_config() if isinstance(loss, keras.Loss) else {}
        self._boundary = 0.0 if config.get("from_logits") else 0.5
        self._sums = getattr(loss, "reduction", "") == "sum"
        if y is None and self._name not in CROSS_ENTROPIES:
            raise ValueError(
                f"Without labels the loss is taken against the predicted class, and loss "
                f"{self._name!r} has none. Pass y."
            )
        if y is not None:
            check_against(loss, y, outputs=output_width(model, inputs))

    def split(self, tensors: Sequence[Any]) -> tuple[list[Any], Any]:
        """Part the inputs from the labels, which come last where there are any."""
        return (list(tensors[:-1]), tensors[-1]) if self.labelled else (list(tensors), None)

    def __call__(self, y: Any, outputs: list[Any]) -> Any:
        """Return the sum over rows of the loss of `outputs` (one tensor for each output)."""
        predicted = outputs[0] if len(outputs) == 1 else outputs
        if y is None:
            y = self.own_labels(outputs)
        value = self._loss(y, predicted)
        # Keras averages over rows (and positions): back to the sum over rows.
        return value if self._sums else value * tf.cast(tf.shape(outputs[0])[0], value.dtype)

    def own_labels(self, outputs: list[Any]) -> Any:
        """Return the classes that the model predicts, as its loss reads them."""
        predicted = tf.stop_gradient(outputs[0])
        if self._name == "sparse_categorical_crossentropy":
            return tf.argmax(predicted, axis=-1)
        if self._name == "categorical_crossentropy":
            best = tf.argmax(predicted, axis=-1)
            return tf.one_hot(best, predicted.shape[-1], dtype=predicted.dtype)
        return tf.cast(predicted > self._boundary, predicted.dtype)


def own_loss(model: Model, inputs: list[Array]) -> Any:
    """Return the loss of a model that isn't compiled against its own predicted class."""
    head, shape = head_of(model, inputs)
    if head == "sigmoid":
        return keras.losses.BinaryCrossentropy()
    if not shape or shape[-1] == 1:
        raise ValueError(
            f"Model {model.name!r} has one output that is no probability: without labels it has "
            "no loss. Pass y."
        )
    return keras.losses.SparseCategoricalCrossentropy(from_logits=head == "raw")
