"""Compiled steps and epochs over rows that lie in memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.feeding import feed, structured
from explainprune.network.functions.labels import arranged
from explainprune.network.functions.losses import labels_of
from explainprune.network.masking import HeldMasks
from explainprune.network.protocol import Model
from explainprune.network.reasons import reason_of
from explainprune.network.tracing.traced import Traced
from explainprune.network.training.preserving import Lesson, Term, adding
from explainprune.network.variables import seed_states
from explainprune.types import Array, Rows

Logs = dict[str, float]


@dataclass(frozen=True)
class Fed:
    """Rows as tensors.

    Attributes
    ----------
    tensors : tuple
        A list of inputs, labels and, if rows are weighted, a weight for each.
    """

    tensors: tuple[Any, ...]

    @classmethod
    def of(cls, model: Model, rows: Rows, weight: Array | None = None) -> Fed:
        """Check rows against the model and turn them into tensors.

        `weight` multiplies the rows' own.
        """
        inputs = feed(model, rows.x)
        labels = arranged(model, inputs, labels_of(rows))
        given = tuple(
            keras.tree.map_structure(tf.convert_to_tensor, part) for part in (inputs, labels)
        )
        weights = [
            np.asarray(each, np.float32) for each in (rows.weight, weight) if each is not None
        ]
        return cls((*given, *([tf.convert_to_tensor(np.prod(weights, axis=0))] if weights else [])))

    def __len__(self) -> int:
        return int(self.tensors[0][0].shape[0])


class Loop:
    """Steps of `model`, masked entries set to zero after each.

    A loop refers to itself, so that it stays until Python looks for cycles. The rows, which may
    be large, are therefore handed to it anew each time.

    Parameters
    ----------
    model : keras.Model
        Compiled; trained in place.
    fed : Fed
        Rows like those that will be learnt.
    masks : HeldMasks
    term : callable, optional
        Of a `Lesson`: added to the loss.
    """

    def __init__(self, model: Model, fed: Fed, masks: HeldMasks, term: Term | None = None) -> None:
        self.model, self.masks, self._term = model, masks, term
        self._create_metrics(fed)
        self._step = Traced(self._trace_step)
        self._epoch = Traced(self._trace_epoch)
        self._score = Traced(self._trace_score)

    def start(self, seed: int) -> None:
        """Begin anew: `seed` decides the order of rows and the model's own random layers."""
        self._rng, self._lesson_rng = (np.random.default_rng(s) for s in (seed, [seed, 1]))
        for state in seed_states(self.model):
            state.assign(np.array([self._rng.integers(2**31 - 1), 0], dtype=state.dtype))
        self.masks.hold()

    def epoch(
        self,
        fed: Fed,
        batch_size: int,
        after_batch: Callable[[int, Logs], None] | None,
        lesson: Lesson | None = None,
    ) -> Logs:
        """Train once over all rows in a new order; `after_batch` is called after each step."""
        order = self._rng.permutation(len(fed))
        held: tuple[Any, ...] = () if lesson is None else lesson.tensors
        drawn = () if lesson is None else lesson.drawn(self._lesson_rng, len(order))
        self.model.reset_metrics()
        if after_batch is None:
            self._epoch(fed.tensors, order, tf.constant(batch_size), held, drawn)
        else:
            for batch, start in enumerate(range(0, len(order), batch_size)):
                part = slice(start, start + batch_size)
                now = tuple(tf.constant(each[part]) for each in drawn)
                self._step(fed.tensors, tf.constant(order[part]), held, now)
                after_batch(batch, self._logs())
        return self._logs()

    def score(self, fed: Fed, batch_size: int = 1024) -> Logs:
        """Return loss and metrics on other rows."""
        self.model.reset_metrics()
        for start in range(0, len(fed), batch_size):
            index = tf.range(start, min(start + batch_size, len(fed)), dtype=tf.int64)
            self._score(fed.tensors, index)
        return self._logs()

    def finish(self) -> None:
        """Let the optimizer put its last values in place (moving averages), masks held."""
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        self.masks.hold()

    def _logs(self) -> Logs:
        results = self.model.get_metrics_result()
        return {name: float(value) for name, value in results.items()}

    def _create_metrics(self, fed: Fed) -> None:
        """Make the variables of losses and metrics, which a traced loop may not."""
        x, y, *weight = self._batch(fed.tensors, tf.constant([0]))
        weighted = weight[0] if weight else None
        predicted = self.model(x, training=False)
        try:
            self.model.compute_loss(x=x, y=y, y_pred=predicted, sample_weight=weighted)
            self.model.compute_metrics(x, y, predicted, sample_weight=weighted)
        except (ValueError, TypeError, KeyError, tf.errors.InvalidArgumentError) as error:
            labels, outputs = (
                " and ".join(str(("n", *part.shape[1:])) for part in keras.tree.flatten(each))
                for each in (y, predicted)
            )
            raise ValueError(
                f"The model's loss or metrics don't take labels of shape {labels} for outputs of "
                f"shape {outputs}: {reason_of(error)}."
            ) from error

    def _batch(self, tensors: tuple[Any, ...], index: Any) -> tuple[Any, ...]:
        """Pick rows: inputs as the model takes them, labels and, if there are any, weights."""
        x, *rest = tensors
        picked = structured(self.model, [tf.gather(part, index) for part in x])
        return (picked, *keras.tree.map_structure(lambda part: tf.gather(part, index), tuple(rest)))

    def _trace_step(
        self, tensors: tuple[Any, ...], index: Any, held: tuple[Any, ...], drawn: tuple[Any, ...]
    ) -> None:
        batch, term = self._batch(tensors, index), self._term
        with nullcontext() if term is None else adding(self.model, lambda: term(held, drawn)):
            self.model.train_step(batch)
        self.masks.hold()

    def _trace_epoch(
        self,
        tensors: tuple[Any, ...],
        order: Any,
        size: Any,
        held: tuple[Any, ...],
        drawn: tuple[Any, ...],
    ) -> None:
        """Run all steps in one TensorFlow loop."""
        n = tf.shape(order)[0]

        def body(start: Any) -> tuple[Any]:
            part = slice(start, tf.minimum(start + size, n))
            self._trace_step(tensors, order[part], held, tuple(each[part] for each in drawn))
            return (start + size,)

        tf.while_loop(lambda start: start < n, body, (tf.constant(0),), parallel_iterations=1)

    def _trace_score(self, tensors: tuple[Any, ...], index: Any) -> None:
        self.model.test_step(self._batch(tensors, index))


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
