"""A copy of a model, taken apart or rewritten, is held against the model before it is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.feeding import structured
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.protocol import Model
from explainprune.network.tracing.same import FIRST_ROWS, check_same, precision_of
from explainprune.types import Array


def check_copy(
    model: Model, run: Callable[[list[Any]], Sequence[Any]], inputs: Sequence[Array], what: str
) -> None:
    """Raise if a copy outputs something else than its model, on the first few rows.

    Parameters
    ----------
    model : keras.Model
    run : callable
        The copy: from one tensor for each input to its outputs, in the model's order.
    inputs : sequence of ndarray
        One for each input of the model, as it reads them.
    what : str
        What was rewritten, at the beginning of the error.

    Raises
    ------
    ValueError
    """
    rows = [tf.convert_to_tensor(part[:FIRST_ROWS]) for part in inputs]
    own = keras.tree.flatten(model(structured(model, rows), training=False))
    precision = precision_of(layers_inside(model))
    for found, expected in zip(run(rows), own, strict=True):
        check_same(_laid(found), _laid(expected), what, precision)


def check_clone(model: Model, copy: Model, inputs: Sequence[Array], what: str) -> None:
    """Raise if a clone outputs something else than its model, on the first few rows."""

    def run(rows: list[Any]) -> list[Any]:
        outputs: list[Any] = keras.tree.flatten(copy(structured(copy, rows), training=False))
        return outputs

    check_copy(model, run, inputs, what)


def _laid(outputs: Any) -> Array:
    values = np.asarray(outputs, np.float64)
    return values.reshape(len(values), -1)
