"""The limit: so many model rows in one bare compiled loop, in the batches that suit it best."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

BATCHES = (64, 256, 1024, 4096, 16384)


def forward_of(model: Any) -> Callable[[Any], Any]:
    """Compile the forward pass."""
    shape = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    return tf.function(lambda x: model(x, training=False), input_signature=[shape])


def gradient_of(model: Any) -> Callable[[Any, Any], Any]:
    """Compile forward and backward pass: the gradient of one output for each row."""
    shape = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)

    def gradient(x: Any, targets: Any) -> Any:
        outputs = model(x, training=False)
        return tf.gradients(tf.gather(outputs, targets, axis=1, batch_dims=1), x)[0]

    return tf.function(gradient, input_signature=[shape, tf.TensorSpec((None,), tf.int32)])


class Limit:
    """The limit of a model; the rows are those of the case, again and again.

    Parameters
    ----------
    case : Case
    backward : bool
        Whether a gradient is asked of every row.
    most : int
        Rows at most in one batch.
    """

    def __init__(self, case: Any, backward: bool, most: int) -> None:
        function = gradient_of(case.model) if backward else forward_of(case.model)
        rows = case.x[np.resize(np.arange(len(case.x)), most)]

        def call(size: int) -> None:
            given = [tf.constant(rows[:size])]
            if backward:
                given.append(tf.zeros(size, tf.int32))
            function(*given).numpy()

        self._call = call
        size = int(np.prod(case.x.shape[1:]))
        suiting = [each for each in BATCHES if each <= most and each * size <= 2**22]
        self.batch = min(suiting, key=self._seconds_a_row)

    def _seconds_a_row(self, size: int) -> float:
        self._call(size)
        repeats = max(1, 1024 // size)
        start = time.perf_counter()
        for _ in range(repeats):
            self._call(size)
        return (time.perf_counter() - start) / (size * repeats)

    def run(self, rows: int) -> None:
        """Compute so many rows."""
        for start in range(0, rows, self.batch):
            self._call(min(self.batch, rows - start))
