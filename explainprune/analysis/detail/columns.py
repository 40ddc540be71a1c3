"""What is known of each row, in the user's own names and units."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.analysis.comparison.slices import class_name, labels_of
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.detail.names import inputs_in_order, names_of
from explainprune.analysis.metrics.behaviour.ece import confidence
from explainprune.types import Array, Data, Rows
from explainprune.types.known import Column

NONE = "none of these"
"""What a category is whose one-hot columns are all 0."""
MOST = 500
"""More features than that are pixels, steps or tokens: no rule is about single ones."""


def columns_of(data: Data, rows: Rows, network: Any, x: Array, p: int) -> tuple[Column, ...]:
    """Return one column for each attribution value: empty where features aren't a table's.

    A raw column of the same name goes first; a player of one-hot columns is a category, another
    player of several columns their mean.

    Parameters
    ----------
    data : Data
        Which says what features are called.
    rows : Rows
        The rows themselves: scored ones, or those to learn from.
    network : Network
    x : ndarray (n, d)
        The same rows as the network reads them.
    p : int
        Attribution values of a row.
    """
    known, names = rows.raw or {}, names_of(data, p, network)
    if data.players is not None:
        parts = [_player(name, player, x, data) for player, name in enumerate(names)]
    elif isinstance(rows.x, dict):
        columns = [rows.x[name].reshape(len(x), -1) for name in inputs_in_order(data, network)]
        each = [part[:, i] for part in columns for i in range(part.shape[1])]
        if len(each) != p:
            return ()
        parts = [Column.of(name, values) for name, values in zip(names, each, strict=True)]
    elif p == x.shape[1]:
        parts = [Column.of(name, x[:, i]) for i, name in enumerate(names)]
    else:
        return ()
    return tuple(Column.of(c.name, known[c.name]) if c.name in known else c for c in parts)


def own_columns(data: Data, network: Any, x: Array, p: int) -> tuple[Column, ...]:
    """Return what rules over the scored rows can be about, besides what the models say of them.

    The raw table is what its reader knows; without one, the features of a table. None of images,
    series and texts, whose single pixels, steps and tokens say nothing of a row.
    """
    if data.scored.raw:
        return tuple(Column.of(name, values) for name, values in data.scored.raw.items())
    parts = data.x.values() if isinstance(data.x, dict) else [data.x]
    table = data.image_shape is None and all(part.ndim <= 2 for part in parts)
    return columns_of(data, data.scored, network, x, p) if table and p <= MOST else ()


def said_columns(data: Data, dense: Subject, task: str) -> tuple[Column, ...]:
    """Return what is said of each row: its class, the dense model's prediction, its group."""
    found = []
    if task == "classification":
        labels, classes = labels_of(data, dense), dense.classes
        if labels is not None:
            found.append(_classes("true class", labels, data))
        found.append(_classes("predicted class", classes, data))
        found.append(Column("confidence in it", confidence(dense.logits)))
    elif dense.outputs.shape[1] == 1:
        found.append(Column("prediction", dense.outputs[:, 0].astype(np.float64)))
    if data.group is not None:
        found.append(Column.of("group", data.group.astype(np.str_)))
    return tuple(found)


def _classes(name: str, values: Array, data: Data) -> Column:
    names = tuple(class_name(data, number) for number in range(int(values.max()) + 1))
    return Column(name, values, names)


def _player(name: str, player: int, x: Array, data: Data) -> Column:
    """Return the column of one player: a category where its columns are one-hot."""
    places = np.flatnonzero(np.asarray(data.players) == player)
    own = x[:, places]
    if len(places) == 1:
        return Column.of(name, own[:, 0])
    total = own.sum(axis=1)
    if not (np.isin(own, (0, 1)).all() and (total <= 1).all()):
        return Column(name, own.mean(axis=1, dtype=np.float64))
    named = data.feature_names or tuple(f"x{place}" for place in range(x.shape[1]))
    labels = (*_shortened([named[place] for place in places]), NONE)
    return Column(name, np.where(total == 1, own.argmax(axis=1), len(places)), labels)


def _shortened(names: list[str]) -> tuple[str, ...]:
    """Return names without what they have in common: its part up to a mark that separates.

    >>> _shortened(["colour_red", "colour_rose"])
    ('red', 'rose')
    """
    first, last = min(names), max(names)
    differ = [at for at, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1]
    begins = first[: differ[0] if differ else len(first)]
    begins = begins[: max(begins.rfind(mark) for mark in "_-. =:") + 1]
    return tuple(name.removeprefix(begins) for name in names)
