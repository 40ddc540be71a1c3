"""What each class weighs, for data that has few rows of some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explainprune.lookup import unknown
from explainprune.network.functions.losses import one_class
from explainprune.types import Array, Rows

ClassWeight = str | Mapping[int | str, float] | None
"""``"balanced"``, or the weight of each class by its index or name; others weigh 1."""


def weights_by_class(
    rows: Rows, class_weight: ClassWeight, class_names: Sequence[str] | None = None
) -> Array | None:
    """Return the weight of each row's class; None where nothing is weighed.

    ``"balanced"`` gives every class the same weight in sum, and rows a mean weight of 1:
    ``Σw / (k Σ_{i in c} w_i)``, k being the number of classes.

    Raises
    ------
    ValueError
        If there is no class label for each row, or a class is unknown or weighs less than 0.

    Examples
    --------
    >>> weights_by_class(Rows(np.zeros((4, 1)), [0, 0, 0, 1]), "balanced")
    array([0.66666667, 0.66666667, 0.66666667, 2.        ])
    """
    if class_weight is None:
        return None
    classes = _classes(rows)
    if isinstance(class_weight, Mapping):
        by_class = {_index(key, classes, class_names): w for key, w in class_weight.items()}
        wrong = [weight for weight in by_class.values() if not 0 <= weight < np.inf]
        if wrong:
            raise ValueError(f"class_weight holds numbers of at least 0. Received: {wrong[0]!r}.")
        return np.array([by_class.get(int(each), 1.0) for each in classes])
    if class_weight != "balanced":
        raise ValueError(
            "class_weight is 'balanced' or the weight of each class, {class: weight}. "
            f"Received: {class_weight!r}."
        )
    own = np.ones(len(rows)) if rows.weight is None else np.asarray(rows.weight, float)
    _, number = np.unique(classes, return_inverse=True)
    sums = np.bincount(number, own)
    each: Array = (own.sum() / (len(sums) * np.where(sums > 0, sums, np.inf)))[number]
    return each


def _classes(rows: Rows) -> Array:
    """Return the class of each row; of labels laid out one-hot, their place."""
    y = rows.y
    classes = None if y is None else one_class(y)
    if classes is None or classes.size != len(rows):
        raise ValueError(
            "class_weight needs one class label for each row. Received: "
            f"{'no labels' if y is None else f'y of shape {y.shape}'}."
        )
    return np.asarray(classes.reshape(-1), int)


def _index(key: int | str, classes: Array, class_names: Sequence[str] | None) -> int:
    """Return the index of a class that is given by index, as a number or as text, or by name."""
    if class_names is not None and str(key) in class_names:
        return list(class_names).index(str(key))
    known = [str(each) for each in np.unique(classes)]
    if str(key) not in known:
        raise unknown("class in class_weight", str(key), [*(class_names or ()), *known])
    return int(key)
