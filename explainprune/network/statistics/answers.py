"""What goes with calibration rows: their labels, of one output or of several, and their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.labels import arranged
from explainprune.network.protocol import Model
from explainprune.types import Array
from explainprune.types.arrays import check_finite
from explainprune.types.tables import as_array


@dataclass(frozen=True, eq=False)
class Answers:
    """Labels and weights of some rows.

    Attributes
    ----------
    y : ndarray, nested ndarrays or None
        Nested as the model's outputs are.
    weight : ndarray (n,) or None
        Their mean is 1, so that sums over rows, divided by n, are weighted means.
    """

    y: Any = None
    weight: Array | None = None

    @classmethod
    def of(cls, y: Any) -> Answers:
        """Return `y` itself, or labels as answers without weights."""
        return y if isinstance(y, Answers) else cls(y)

    def taken(self, rows: Array | None) -> Answers:
        """Return those of some rows; None: all."""
        if rows is None:
            return self
        y = None if self.y is None else keras.tree.map_structure(lambda part: part[rows], self.y)
        return Answers(y, None if self.weight is None else with_mean_one(self.weight[rows]))

    def arrays(self) -> list[Array]:
        """Return flat what `split` parts again, one entry for each row."""
        labels = [] if self.y is None else keras.tree.flatten(self.y)
        return [*labels, *([] if self.weight is None else [self.weight])]

    def split(self, tensors: Sequence[Any]) -> tuple[list[Any], Any, Any]:
        """Part inputs, labels nested as they were, and weights, each None where there are none."""
        given = len(self.arrays())
        inputs, rest = list(tensors[: len(tensors) - given]), list(tensors[len(tensors) - given :])
        weight = None if self.weight is None else rest.pop()
        y = None if self.y is None else keras.tree.pack_sequence_as(self.y, rest)
        return inputs, y, weight


def answers_of(model: Model, inputs: list[Array], y: Any, weight: Any = None) -> Answers:
    """Check labels and weights against the model and its rows.

    Raises
    ------
    ValueError
        If there isn't one of each for each row, or they aren't finite.
    """
    if isinstance(y, Answers):
        return y
    count = len(inputs[0])
    if y is not None:
        labels = dict(y) if isinstance(y, Mapping) else {"y": y}
        arrays = {name: as_array(part, name, text=True) for name, part in labels.items()}
        for name, part in arrays.items():
            check_finite(part, name)
            if part.ndim == 0 or len(part) != count:
                raise ValueError(
                    f"{name} needs {count} labels, one for each row. Received: shape={part.shape}."
                )
        y = arranged(model, inputs, arrays if isinstance(y, Mapping) else arrays["y"])
    return Answers(y, None if weight is None else with_mean_one(np.asarray(weight)))


def with_mean_one(weight: Array) -> Array:
    """Scale weights so that their mean is 1.

    >>> with_mean_one(np.array([1.0, 3.0]))
    array([0.5, 1.5], dtype=float32)
    """
    total = float(np.sum(weight, dtype=np.float64))
    if not total > 0:
        raise ValueError(f"All {len(weight)} rows weigh 0: nothing can be learned from them.")
    return np.asarray(weight * (len(weight) / total), np.float32)


def beside_rows(weight: Any, values: Any) -> Any:
    """Shape one weight for each row so that it broadcasts to values (n, ...)."""
    return tf.reshape(tf.cast(weight, values.dtype), (-1, *[1] * (len(values.shape) - 1)))
