"""A model's loss as a sum over rows, with labels or against its own predicted class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainprune.network.backend import keras, tf
from explainprune.network.functions.feeding import structured
from explainprune.network.functions.labels import (
    CROSS_ENTROPIES,
    by_output,
    check_against,
    nesting_of,
)
from explainprune.network.functions.losses import head_of, implied_loss
from explainprune.network.functions.scores import loss_name
from explainprune.network.protocol import Model
from explainprune.network.statistics.answers import Answers
from explainprune.types import Array


class DataLoss:
    """The sum of a model's losses over rows, penalties left out.

    Parameters
    ----------
    model : keras.Model
        Its own loss if it is compiled, else the one that its outputs and labels imply.
    inputs : list of ndarray
        Rows to learn shapes from.
    y : Answers, ndarray or None
        None: each row's loss is taken against the class that the model itself predicts.

    Raises
    ------
    ValueError
        If labels don't fit, or a model that doesn't classify has none.
    """

    def __init__(self, model: Model, inputs: list[Array], y: Any) -> None:
        y = Answers.of(y).y
        self._nesting = nesting_of(model, inputs)
        self._own = own_compute_loss(model)
        if getattr(model, "compiled", False):
            loss, self._loss = model.loss, model._compile_loss
        else:
            loss = implied_loss(model, inputs, y)[0] if y is not None else own_loss(model, inputs)
            self._loss = _joint(loss)
        self._name = loss_name(loss)
        loss = keras.losses.get(loss) if isinstance(loss, str) else loss
        config = loss.get_config() if isinstance(loss, keras.Loss) else {}
        self._boundary = 0.0 if config.get("from_logits") else 0.5
        self._reduction = getattr(loss, "reduction", "")
        if y is None and self._own is None and self._name not in CROSS_ENTROPIES:
            raise ValueError(
                f"Without labels the loss is taken against the predicted class, and loss "
                f"{self._name!r} has none. Pass y."
            )
        if y is not None:
            for each, labels, width in by_output(model, inputs, y, loss):
                check_against(each, labels, outputs=width)

    def __call__(
        self, y: Any, outputs: list[Any], weight: Any = None, inputs: list[Any] | None = None
    ) -> Any:
        """Return the sum over rows of the loss of `outputs` (one tensor for each output).

        With a weight for each row it is the weighted sum. A model's own ``compute_loss`` is given
        the `inputs`, too.
        """
        predicted = keras.tree.pack_sequence_as(self._nesting, outputs)
        if self._own is not None:
            value = self._own(inputs, y, predicted, weight)
        else:
            y = self.own_labels(outputs) if y is None else y
            value = self._loss(y, predicted, sample_weight=weight)
        if self._reduction == "sum" or value.shape.rank:
            return tf.reduce_sum(value)
        # Keras averages over rows (and positions): back to the sum over rows.
        by_weight = self._reduction == "mean_with_sample_weight" and weight is not None
        count = tf.reduce_sum(weight) if by_weight else tf.shape(outputs[0])[0]
        return value * tf.cast(count, value.dtype)

    def own_labels(self, outputs: list[Any]) -> Any:
        """Return the classes that the model predicts, as its loss reads them."""
        predicted = tf.stop_gradient(outputs[0])
        if self._name == "sparse_categorical_crossentropy":
            return tf.argmax(predicted, axis=-1)
        if self._name == "categorical_crossentropy":
            best = tf.argmax(predicted, axis=-1)
            return tf.one_hot(best, predicted.shape[-1], dtype=predicted.dtype)
        return tf.cast(predicted > self._boundary, predicted.dtype)


def own_compute_loss(model: Model) -> Callable[..., Any] | None:
    """Return the loss that a model's class computes in its own way; None where it doesn't."""
    if type(model).compute_loss is keras.Model.compute_loss:
        return None

    def compute(inputs: list[Any] | None, y: Any, predicted: Any, weight: Any) -> Any:
        x = None if inputs is None else structured(model, inputs)
        return model.compute_loss(x=x, y=y, y_pred=predicted, sample_weight=weight, training=False)

    return compute


def _joint(loss: Any) -> Callable[..., Any]:
    """Return one loss, or the sum of several, one for each output."""
    if not isinstance(loss, (list, dict)):
        single: Callable[..., Any] = loss
        return single
    losses = keras.tree.flatten(loss)

    def total(y: Any, predicted: Any, sample_weight: Any = None) -> Any:
        pairs = zip(losses, keras.tree.flatten(y), keras.tree.flatten(predicted), strict=True)
        return tf.add_n([each(a, b, sample_weight=sample_weight) for each, a, b in pairs])

    return total


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
