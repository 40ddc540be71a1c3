"""Labels as they come → class indices or numbers, and the task they imply."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from explainprune.data.raw import texts
from explainprune.lookup import some
from explainprune.types import Array, Data
from explainprune.types.tables import as_array, is_series

TASKS = ("classification", "regression")


def encode_labels(
    labels: Sequence[Any], class_names: Sequence[str] | None = None, task: str | None = None
) -> tuple[list[Array | None], tuple[str, ...] | None, str]:
    """Turn the labels of all splits into indices or numbers.

    Whole numbers, booleans, text and one-hot rows are classes; other numbers are a regression's
    target, except that numbers which are all 0.0 or 1.0 are the two classes of a binary model.
    Text is numbered in the order of `class_names`, of ordered categories, or, with a warning, of
    other categories or the alphabet.

    Parameters
    ----------
    labels : sequence of array-like or None
        One entry for each split, None where it is unlabelled.
    class_names : sequence of str, optional
    task : str, optional
        ``"classification"`` or ``"regression"``, to decide what the labels alone leave open.

    Returns
    -------
    labels : list of ndarray or None
    class_names : tuple of str or None
    task : str
        ``"unknown"`` if there are no labels and none was given.

    Raises
    ------
    ValueError
        For missing labels, negative or fractional classes, and classes without a name.

    Examples
    --------
    >>> encode_labels([["cat", "ant", "cat"], None], class_names=["cat", "ant"])
    ([array([0, 1, 0]), None], ('cat', 'ant'), 'classification')
    >>> encode_labels([[0.5, 2.0]])
    ([array([0.5, 2. ])], None, 'regression')
    """
    if task is not None and task not in TASKS:
        raise ValueError(f"task is 'classification' or 'regression'. Received: {task!r}.")
    arrays = [None if y is None else _column(y) for y in labels]
    given = [y for y in arrays if y is not None]
    names = None if class_names is None else texts(class_names)
    if not given:
        return arrays, names, task or "unknown"
    _check_missing(given)
    if any(y.dtype.kind in "USO" for y in given):
        if task == "regression":
            raise ValueError("Labels are text; task='regression' needs numbers.")
        names = names or _of_text(labels, given)
        encode = {name: index for index, name in enumerate(names)}
        return [None if y is None else _numbered(y, encode) for y in arrays], names, TASKS[0]
    if task == "regression" or not (task or all(_are_classes(y) for y in given)):
        return [None if y is None else y.astype(np.float64) for y in arrays], names, TASKS[1]
    if names is None and all(y.dtype.kind == "b" and y.ndim == 1 for y in given):
        names = ("False", "True")
    return [None if y is None else _indices(y, names) for y in arrays], names, TASKS[0]


def _column(given: Any) -> Array:
    """Read labels as an array; drop the second axis of ``(n, 1)``."""
    if is_series(given) and given.isna().any():
        _refuse_missing(given.isna().to_numpy())
    y = as_array(given, "y", text=True)
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def _check_missing(given: Sequence[Array]) -> None:
    """Refuse labels that are absent, and objects that are neither text nor numbers."""
    for y in given:
        if y.dtype.kind == "f" and np.isnan(y).any():
            missing = np.isnan(y)
        elif y.dtype.kind == "O":
            missing = np.array([v is None or v != v for v in y.ravel()]).reshape(y.shape)
        elif y.dtype.kind in "fiubU":
            continue
        else:
            raise ValueError(f"y needs class indices, names or numbers. Received: dtype={y.dtype}.")
        if missing.any():
            _refuse_missing(missing)


def _refuse_missing(missing: Array) -> None:
    raise ValueError(
        f"y is missing in {int(missing.sum())} rows; the first is row "
        f"{int(np.argwhere(missing)[0][0])}. Remove those rows, or leave all labels out."
    )


def _of_text(labels: Sequence[Any], given: Sequence[Array]) -> tuple[str, ...]:
    """Order the classes of text labels as their categories, else as scikit-learn, and say so.

    Categories with an order are a statement; a model's outputs may go by neither of the others.
    """
    own = {
        (tuple(map(str, y.dtype.categories)), bool(y.dtype.ordered))
        for y in labels
        if getattr(getattr(y, "dtype", None), "categories", None) is not None
    }
    if len(own) > 1:
        raise ValueError(
            f"y has the categories {'; '.join(str(list(names)) for names, _ in sorted(own))} in "
            "different splits. Give them the same, or pass class_names."
        )
    known = tuple(sorted({str(v) for y in given for v in y.ravel()}))
    names, ordered = next(iter(own), (known, False))
    if ordered:
        return names
    shown = ", ".join(f"{i} = {name}" for i, name in enumerate(names[:3]))
    more = ", …" if len(names) > 3 else ""
    how = "as their categories are" if own else "alphabetically"
    warnings.warn(
        f"Text labels are numbered {how}: {shown}{more}. If the model's outputs are in "
        "another order, pass class_names.",
        UserWarning,
        stacklevel=2,
    )
    return names


def _numbered(y: Array, encode: dict[str, int]) -> Array:
    """Replace class names by their indices."""
    strangers = sorted({str(v) for v in y.ravel()} - set(encode))
    if strangers:
        raise ValueError(f"Label {strangers[0]!r} is not among class_names {tuple(encode)}.")
    return np.array([encode[str(v)] for v in y.ravel()], dtype=np.int64).reshape(y.shape)


def _is_one_hot(y: Array) -> bool:
    """Whether each row has a single 1 and zeros beside it."""
    if y.ndim != 2 or y.shape[1] < 2 or not len(y):
        return False
    return bool((((y == 0) | (y == 1)).all()) and (y.sum(axis=1) == 1).all())


def _are_classes(y: Array) -> bool:
    """Whether labels look like classes rather than numbers."""
    if y.dtype.kind in "iub" or _is_one_hot(y):
        return True
    return y.ndim == 1 and bool(np.isin(y, (0.0, 1.0)).all())


def _indices(y: Array, names: tuple[str, ...] | None) -> Array:
    """Return class indices, checked."""
    if _is_one_hot(y):
        y = y.argmax(axis=1)
    if y.dtype.kind == "f" and (y != np.round(y)).any():
        first = y[y != np.round(y)].ravel()[0]
        raise ValueError(
            f"Class labels are whole numbers 0, 1, …. Received: {first:g}. "
            "For a number to predict, pass task='regression'."
        )
    y = y.astype(np.int64)
    if y.size and y.min() < 0:
        raise ValueError(
            f"Class labels are indices 0, 1, …. Received: {int(y.min())}. Shift them, or give the "
            "classes as text. For numbers to predict, pass task='regression'."
        )
    if names is not None and y.size and y.max() >= len(names):
        raise ValueError(
            f"Labels reach {int(y.max())}, but class_names has {len(names)} names, for 0 to "
            f"{len(names) - 1}."
        )
    return y


def check_names(data: Data, outputs: int | None) -> None:
    """Raise unless a model of so many outputs has one for each class that has a name.

    Text labels are numbered by what is met: where a class is missing, others move up.

    Parameters
    ----------
    data : Data
    outputs : int, optional
        One stands for two classes. None: not known.
    """
    names = data.class_names
    one = data.y is not None and data.y.ndim == 1 and data.task == "classification"
    if names is None or outputs is None or not one or len(names) == max(2, outputs):
        return
    raise ValueError(
        f"The labels name {len(names)} classes ({some(names)}), and the model has "
        f"{max(2, outputs)}: which label is which output isn't known. Pass class_names= with one "
        "for each, in the order of the outputs."
    )
