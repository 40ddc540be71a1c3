"""Compiled steps and epochs over rows that lie in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.feeding import feed, structured
from explainprune.network.masking import Holder
from explainprune.network.protocol import Model
from explainprune.network.variables import seed_states
from explainprune.types import Array

Logs = dict[str, float]


@dataclass(frozen=True)
class Fed:
    """Rows as tensors: one for each input, labels, and a weight for each row."""

    x: list[Any]
    y: Any
    weight: Any

    @classmethod
    def of(
        cls,
        model: Model,
        x: Any,
        y: Array,
        sample_weight: Array | None = None,
        class_weight: Mapping[int, float] | None = None,
    ) -> Fed:
        """Check rows against the model and turn them into tensors."""
        weight = np.ones(len(y), np.float32)
        if sample_weight is not None:
            if np.shape(sample_weight) != (len(y),):
                raise ValueError(
                    f"sample_weight needs shape ({len(y)},). "
                    f"Received: shape={np.shape(sample_weight)}."
                )
            weight = np.asarray(sample_weight, np.float32)
        if class_weight is not None:
            weight = weight * _weights_by_class(y, class_weight)
        x_parts = [tf.convert_to_tensor(part) for part in feed(model, x)]
        return cls(x_parts, tf.convert_to_tensor(y), tf.convert_to_tensor(weight))

    def __len__(self) -> int:
        return int(self.y.shape[0])


def _weights_by_class(y: Array, class_weight: Mapping[int, float]) -> Array:
    classes = np.argmax(y, axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(-1)
    if len(classes) != len(y):
        raise ValueError(f"class_weight needs one label for each row. Received: y.shape={y.shape}.")
    return np.array([class_weight.get(int(c), 1.0) for c in classes], np.float32)


class Loop:
    """Steps of `model` over `fed`, masked entries set to zero after each.

    Parameters
    ----------
    model : keras.Model
        Compiled; trained in place.
    fed : Fed
    holders : list of Holder
    seed : int
        Of the order of rows and of the model's own random layers.
    """

    def __init__(self, model: Model, fed: Fed, holders: list[Holder], seed: int) -> None:
        self.model, self.fed, self._holders = model, fed, holders
        self._rng = np.random.default_rng(seed)
        for state in seed_states(model):
            state.assign(np.array([self._rng.integers(2**31 - 1), 0], dtype=state.dtype))
        self._create_metrics()
        self._hold()
        self._step = tf.function(self._trace_step, autograph=False, reduce_retracing=True)
        self._epoch = tf.function(self._trace_epoch, autograph=False, reduce_retracing=True)
        self._score = tf.function(self._trace_score, autograph=False, reduce_retracing=True)

    def epoch(self, batch_size: int, after_batch: Callable[[int, Logs], None] | None) -> Logs:
        """Train once over all rows in a new order; `after_batch` is called after each step."""
        order = self._rng.permutation(len(self.fed))
        self.model.reset_metrics()
        if after_batch is None:
            self._epoch(self.fed.x, self.fed.y, self.fed.weight, order, tf.constant(batch_size))
        else:
            for batch, start in enumerate(range(0, len(order), batch_size)):
                index = tf.constant(order[start : start + batch_size])
                self._step(self.fed.x, self.fed.y, self.fed.weight, index)
                after_batch(batch, self._logs())
        return self._logs()

    def score(self, fed: Fed, batch_size: int = 1024) -> Logs:
        """Return loss and metrics on other rows."""
        self.model.reset_metrics()
        for start in range(0, len(fed), batch_size):
            index = tf.range(start, min(start + batch_size, len(fed)), dtype=tf.int64)
            self._score(fed.x, fed.y, fed.weight, index)
        return self._logs()

    def _logs(self) -> Logs:
        results = self.model.get_metrics_result()
        return {name: float(value) for name, value in results.items()}

    def _create_metrics(self) -> None:
        """Make the variables of losses and metrics, which a traced loop may not."""
        x, y, weight = self._batch(self.fed.x, self.fed.y, self.fed.weight, tf.constant([0]))
        predicted = self.model(x, training=False)
        self.model.compute_loss(x=x, y=y, y_pred=predicted, sample_weight=weight)
        self.model.compute_metrics(x, y, predicted, sample_weight=weight)

    def _batch(self, x: list[Any], y: Any, weight: Any, index: Any) -> tuple[Any, Any, Any]:
        picked = [tf.gather(part, index) for part in x]
        return structured(self.model, picked), tf.gather(y, index), tf.gather(weight, index)

    def _hold(self) -> None:
        for hold in self._holders:
            hold(self.model)

    def _trace_step(self, x: list[Any], y: Any, weight: Any, index: Any) -> None:
        self.model.train_step(self._batch(x, y, weight, index))
        self._hold()

    def _trace_epoch(self, x: list[Any], y: Any, weight: Any, order: Any, size: Any) -> None:
        """Run all steps in one TensorFlow loop."""
        n = tf.shape(order)[0]

        def body(start: Any) -> tuple[Any]:
            self._trace_step(x, y, weight, order[start : tf.minimum(start + size, n)])
            return (start + size,)

        tf.while_loop(lambda start: start < n, body, (tf.constant(0),), parallel_iterations=1)

    def _trace_score(self, x: list[Any], y: Any, weight: Any, index: Any) -> None:
        self.model.test_step(self._batch(x, y, weight, index))


class Patience:
    """Remembers the weights with the lowest validation loss; None: watches nothing."""

    def __init__(self, model: Model, patience: int | None) -> None:
        self._model, self._patience = model, patience
        self._best, self._since = float("inf"), 0
        self._weights: list[Array] | None = None

    def stops(self, logs: Logs) -> bool:
        """Take an epoch's logs; tell whether it's time to stop."""
        if self._patience is None:
            return False
        if logs["val_loss"] < self._best:
            self._best, self._since = logs["val_loss"], 0
            self._weights = self._model.get_weights()
        else:
            self._since += 1
        return self._since > self._patience - 1

    def restore(self) -> None:
        """Return the model to its best weights."""
        if self._weights is not None:
            self._model.set_weights(self._weights)
