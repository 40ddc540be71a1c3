"""Rows that belong together: a class, a group, an outcome."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.metrics.behaviour.prediction import as_labels
from explainprune.types import Array, Data

MOST = 50
"""Most classes, and most groups, that get slices of their own."""


def slices_of(data: Data, dense: Subject, other: Subject, task: str) -> dict[str, Array]:
    """Return the rows of each slice that has any: classes, groups, then outcomes.

    Without labels, classes are those that the dense model predicts, and are named so.

    Returns
    -------
    dict of str to ndarray of bool (n,)
    """
    found: dict[str, Array] = {}
    if task == "classification":
        found |= by_class(data, dense)
    found |= by_group(data)
    if task == "classification":
        found |= _outcomes(data, dense, other)
    return {name: where for name, where in found.items() if where.any()}


def by_class(data: Data, dense: Subject) -> dict[str, Array]:
    """Cut rows by their label, or by the dense prediction where there are none."""
    labels = labels_of(data, dense)
    if labels is not None:
        return {name: labels == index for name, index in classes_of(data, dense).items()}
    said = dense.classes
    return {f"predicted {class_name(data, int(c))}": said == c for c in _most_frequent(said)}


def classes_of(data: Data, dense: Subject) -> dict[str, int]:
    """Return the class of each slice of `by_class` that holds a label's rows."""
    labels = labels_of(data, dense)
    found = [] if labels is None else _most_frequent(labels)
    return {f"class {class_name(data, int(c))}": int(c) for c in found}


def by_group(data: Data) -> dict[str, Array]:
    """Cut rows by their group."""
    if data.group is None:
        return {}
    return {f"group {name}": data.group == name for name in _most_frequent(data.group)}


def labels_of(data: Data, dense: Subject) -> Array | None:
    """Return class indices, None where there are no labels."""
    return None if data.y is None else as_labels(data.y, dense.outputs)


def class_name(data: Data, index: int) -> str:
    """Return a class's name, or its number."""
    names = data.class_names
    return names[index] if names and index < len(names) else str(index)


def _most_frequent(values: Array) -> list[Any]:
    kinds, counts = np.unique(values, return_counts=True)
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST])
    return list(kinds[kept])


def _outcomes(data: Data, dense: Subject, other: Subject) -> dict[str, Array]:
    ours, theirs = dense.classes, other.classes
    labels = labels_of(data, dense)
    found = {} if labels is None else {"both right": (ours == labels) & (theirs == labels)}
    return {**found, "same prediction": ours == theirs, "prediction flipped": ours != theirs}
