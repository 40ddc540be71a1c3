"""What pruning may learn from, whatever form it is given in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.data import load_data
from explainprune.data.streams import is_stream
from explainprune.types import Data, Rows


@dataclass(frozen=True)
class Given:
    """The caller's data.

    Attributes
    ----------
    learn : Rows or None
        Rows that scores and fine-tuning learn from.
    validation : Rows or None
        Rows that choices are made on.
    data : Data or None
        All of it, for a recipe.
    """

    learn: Rows | None = None
    validation: Rows | None = None
    data: Data | None = None

    @property
    def labelled(self) -> bool:
        """Whether there are labels to learn from."""
        return self.learn is not None and self.learn.y is not None


def given(data: Any) -> Given:
    """Take `Data`, `Rows`, inputs, a pair (inputs, labels), a ``tf.data.Dataset``, or None.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If rows are missing, not finite, or don't match.
    """
    if data is None:
        return Given()
    if is_stream(data):
        data = load_data(data)
    if isinstance(data, Data):
        return Given(data.learnable, data.validation, data)
    if isinstance(data, tuple | list) and len(data) == 2:
        data = Rows(data[0], None if data[1] is None else np.asarray(data[1]))
    elif isinstance(data, np.ndarray | dict):
        data = Rows(data)
    if not isinstance(data, Rows):
        raise TypeError(
            f"data is a Data, an array of inputs (a dict of them by input name), a pair (x, y), a "
            f"tf.data.Dataset, or None. Received: {type(data).__name__}."
        )
    return Given(data, None, Data(data))


def at_most(rows: Rows, count: int) -> Rows:
    """Return `rows`, or `count` of them, evenly spaced.

    >>> at_most(Rows(np.arange(10)), 4).x
    array([0, 3, 6, 9])
    """
    if len(rows) <= count:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, count).round().astype(int))
