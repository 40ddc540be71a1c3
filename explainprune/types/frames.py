"""Attributions as tables: one line for each value, for each leading reason, or for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explainprune.types.arrays import Array, Inputs
from explainprune.types.known import Column

Known = Mapping[str, Array] | None


def named(names: Sequence[str] | None, features: int) -> tuple[str, ...]:
    """Return a name for each feature: x0, x1, … where they aren't known."""
    if names is not None and len(names) == features:
        return tuple(names)
    return tuple(f"x{i}" for i in range(features))


def named_inputs(sizes: Mapping[str, int]) -> tuple[str, ...]:
    """Return a name for each number of several inputs: the input's where it has only one.

    >>> named_inputs({"age": 1, "colour": 2})
    ('age', 'colour[0]', 'colour[1]')
    """
    return tuple(
        name if size == 1 else f"{name}[{i}]" for name, size in sizes.items() for i in range(size)
    )


def long_frame(
    values: Array, error: Array | None, names: Sequence[str] | None, outputs: int, name: str
) -> Any:
    """Return one line for each sample and feature (and output), in the order of the values."""
    import pandas as pd

    flat = values.reshape(len(values), -1, outputs or 1)
    features = flat.shape[1]
    labels = named(names, features)
    frame = pd.DataFrame(
        {
            "sample": np.repeat(np.arange(len(flat)), features * flat.shape[2]),
            "feature": np.tile(np.repeat(np.asarray(labels), flat.shape[2]), len(flat)),
            "value": flat.ravel(),
            "std_error": np.nan if error is None else error.ravel(),
        }
    )
    if outputs:
        frame.insert(2, "output", np.tile(np.arange(outputs), len(flat) * features))
    if name:
        frame.insert(1, "input", name)
    return frame


def reasons_frame(
    values: Inputs,
    x: Inputs | None,
    names: Sequence[str] | None,
    raw: Known,
    *,
    top: int | None,
    known: str,
    wide: bool,
) -> Any:
    """Return the leading features of each sample, the largest |value| first, with what they were.

    Parameters
    ----------
    values, x : ndarray (n, ...) or dict of str to ndarray
    names : sequence of str, optional
    raw : mapping of str to ndarray (n,), optional
        Values as the user knows them, by feature.
    top : int, optional
        None: all of them.
    known : {"raw", "x"}
        Whose values stand beside: the user's, or the model's inputs.
    wide : bool
        One line for each sample.
    """
    import pandas as pd

    flat, labels = _flat(values, names)
    columns = _columns(x, labels, raw if known == "raw" else None)
    count = flat.shape[1] if top is None else min(top, flat.shape[1])
    order = np.argsort(-np.abs(flat), axis=1, kind="stable")[:, :count]
    lines = [
        (row, place + 1, labels[j], columns[j].said(row) if columns else "", flat[row, j])
        for row, leading in enumerate(order)
        for place, j in enumerate(leading)
    ]
    frame = pd.DataFrame(lines, columns=["sample", "place", "feature", "was", "value"])
    if not wide:
        return frame
    parts = {
        f"{what} {place}": part[what].to_numpy()
        for place, part in frame.groupby("place", sort=True)
        for what in ("feature", "was", "value")
    }
    return pd.DataFrame({"sample": np.arange(len(flat)), **parts})


def _flat(values: Inputs, names: Sequence[str] | None) -> tuple[Array, tuple[str, ...]]:
    """Lay values flat, with a name for each."""
    if not isinstance(values, dict):
        flat = values.reshape(len(values), -1)
        return flat, named(names, flat.shape[1])
    parts = {name: part.reshape(len(part), -1) for name, part in values.items()}
    labels = named_inputs({name: part.shape[1] for name, part in parts.items()})
    return np.concatenate(list(parts.values()), axis=1), labels


def _columns(x: Inputs | None, labels: tuple[str, ...], raw: Known) -> list[Column]:
    """Return the inputs behind each value; none where there isn't one input for each."""
    known = raw or {}
    parts = list(x.values()) if isinstance(x, dict) else [x]
    each = [
        part.reshape(len(part), -1)[:, i]
        for part in parts
        if part is not None
        for i in range(int(np.prod(part.shape[1:])))
    ]
    if len(each) != len(labels):
        if not all(label in known for label in labels):
            return []
        each = [known[label] for label in labels]
    return [
        Column.of(label, known.get(label, values))
        for label, values in zip(labels, each, strict=True)
    ]
