"""`load_data`: whatever holds rows → `Data`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.data.building import build, like_rows
from explainprune.data.builtin import DATASETS
from explainprune.data.labels import check_names
from explainprune.data.players import resolve_players
from explainprune.data.raw import Columns
from explainprune.data.reading import Reads
from explainprune.data.sources import raw_table, read
from explainprune.data.words import in_words
from explainprune.lookup import unknown
from explainprune.network import columns_of
from explainprune.network.files.columns import by_columns
from explainprune.network.functions.as_read import columns_as_inputs, read_by, width_of
from explainprune.types import Data, Rows
from explainprune.types.matching import check_index
from explainprune.types.tables import as_array, is_frame

OF_ROWS = ("group", "weight", "clusters", "truth", "raw")


def load_data(
    source: Any,
    *,
    target: str | None = None,
    group: Any = None,
    weight: Any = None,
    clusters: Any = None,
    truth: Any = None,
    features: Sequence[str] | None = None,
    drop: Sequence[str] = (),
    players: Any = None,
    preprocess: str | Callable[[Any], Any] | None = None,
    background: Any = None,
    name: str | None = None,
    seed: int = 0,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    image_shape: Sequence[int] | None = None,
    task: str | None = None,
    model: Any = None,
    raw: Any = None,
    labels: Any = None,
) -> Data:
    """Load a built-in set, a file, a table or arrays; what a user brings is taken as it is.

    Parameters
    ----------
    source : str, Path, ndarray, tuple, dict, DataFrame, tf.data.Dataset or Data
        The name of a built-in set (see ``DATASETS``); a file (``.npz``, ``.npy``, ``.csv``,
        ``.parquet``, ``.h5``); inputs ``x``; ``(x, y)`` or ``(x, y, weight)``; two of these,
        ``(train, test)``; a dict of inputs by name; a table; a finite ``tf.data.Dataset``.
    target : str, optional
        Column of a table, or array of a file, that holds the labels. Default: a column named
        ``target``, ``label`` or ``y`` (in files of arrays: ``y``), else unlabelled; ``""``:
        unlabelled.
    group : str or array-like (n,), optional
        The group of each scored row, or the feature that says it. A numeric column stays a
        feature as well; a text column can't be one, and only groups.
    weight : str or array-like (n,), optional
        How much each scored row counts, 0 or more, or the column of a table (which is then no
        feature) or the array of a file that says it. Default: what came with the rows, else all
        the same.
    clusters : str or array-like (n,), optional
        Which scored rows aren't independent of each other (one patient, one video): a value for
        each, or the column of a table that says it (which is then no feature). Default: what came
        with the rows.
    truth : array-like of bool, of x's shape, optional
        Which values each scored row's answer is known to rest on, for metrics that hold
        explanations against it. Default: what came with the rows.
    features : sequence of str, optional
        Columns of a table that the model reads, in its order. Default: all that hold nothing else.
    drop : sequence of str
        Columns of a table that the model doesn't read; one that `group` names groups all the same.
    players : str, Path, mapping or sequence, optional
        Features that belong together: see `explainprune.data.players.resolve_players`.
    preprocess : callable or "module:function", optional
        Maps raw rows (a table without its labels, an array or a dict) to the model's inputs.
    background : array-like, DataFrame or path, optional
        Reference rows that stand for "feature absent", raw as the source is.
    name : str, optional
        What the set is called in reports. Default: the built-in's or the file's name.
    seed : int
        Decides the split of the built-in sets; nothing else is drawn.
    feature_names, class_names : sequence of str, optional
        Text labels are numbered in the order of `class_names`; without, as ordered categories are,
        or, with a warning, as other categories or alphabetically. There is one for each output of
        the `model`, where it is given.
    image_shape : sequence of int, optional
        ``(height, width)`` or ``(height, width, channels)`` of a row that is an image laid flat.
    task : str, optional
        ``"classification"`` or ``"regression"``. Default: whole numbers, booleans, text, one-hot
        rows and numbers that are all 0.0 or 1.0 are classes; other numbers are a regression's.
    model : keras.Model, optional
        Rows are then read as this model reads them: text where it encodes text itself, and one
        input for each column where it has them. Where its file says which columns it was trained
        on (`prune` and `run` write that), a table is read in their order, and one that lacks any
        is refused.
    raw : DataFrame, path, or mapping of str to array-like (n,), optional
        The scored rows as readers know them: units and categories by name, shown beside reasons;
        or the file (``.csv``, ``.parquet``) of such a table.
        Default: the table itself, where `preprocess` turns one into the model's inputs.
    labels : str, Path or mapping, optional
        The user's own words for features, classes, groups, players and channels, by kind and name,
        or a file of them: see `explainprune.data.words.in_words`.

    Returns
    -------
    Data
        Scored rows are the test split where there is one, else all rows.

    Raises
    ------
    ValueError, TypeError
        For anything that is missing, damaged, empty, not finite or not a number, in one sentence.

    Examples
    --------
    >>> load_data("wine", seed=1)
    Data('wine', 44 rows scored, shape=(44, 13), classification, 107 to learn from)
    >>> load_data((np.zeros((3, 2)), ["no", "yes", "no"]), class_names=["yes", "no"]).y
    array([1, 0, 1])
    """
    names = {
        "name": name,
        "feature_names": feature_names,
        "class_names": class_names,
        "image_shape": image_shape,
    }
    names = {key: value for key, value in names.items() if value is not None}
    if isinstance(source, str) and source in DATASETS:
        source = DATASETS[source](seed)
    elif isinstance(source, Rows):
        source = Data(source)
    if isinstance(source, Data):
        if target or preprocess is not None or task is not None or isinstance(weight, str):
            raise ValueError(
                "target=, preprocess=, task= and the name of a weight column say how to read a "
                f"source; {source!r} is read."
            )
        _check_chosen(features, drop, type(source).__name__)
        data = source.with_(**names) if names else source
        if background is not None:
            data = data.with_(background=like_rows(background, data.x, data.feature_names))
        if model is not None:
            data = columns_as_inputs(model, by_columns(model, data))
    else:
        reads = None if model is None else read_by(model)
        trained = None if model is None else columns_of(model)
        named = [each if isinstance(each, str) else None for each in (weight, clusters)]
        text = _text_columns(reads, group)
        columns = Columns(target, group, named[0], named[1], text, features, drop)
        given, found_name = read(source, columns)
        of_rows = (group, weight, clusters, truth, raw)
        for what, values in zip(OF_ROWS, of_rows, strict=True):
            check_index(given.scored.x, values, what)
        if not is_frame(given.scored.x):
            _check_chosen(features, drop, type(given.scored.x).__name__)
        if is_frame(given.scored.x) and isinstance(group, str):
            group = None  # The column was found while the table was read.
        data = build(
            given, {"name": found_name, **names}, preprocess, background, task, reads, trained
        )
    if players is not None:
        data = _played(data, players)
    if weight is not None and not isinstance(weight, str):
        weighted = replace(data.scored, weight=as_array(weight, "weight"))
        data = data.with_(scored=weighted)
    if clusters is not None and not isinstance(clusters, str):
        together = replace(data.scored, clusters=as_array(clusters, "clusters"))
        data = data.with_(scored=together)
    if truth is not None:
        data = data.with_(scored=replace(data.scored, truth=as_array(truth, "truth")))
    if raw is not None:
        known = raw_table(raw) if isinstance(raw, str | Path) else raw
        data = data.with_(scored=replace(data.scored, raw=known))
    if group is not None:
        data = _grouped(data, group)
    if model is not None:
        check_names(data, width_of(model))
    return data if labels is None else in_words(data, labels)


def _check_chosen(features: Any, drop: Any, what: str) -> None:
    """Raise where columns are chosen of what has none."""
    if features is not None or drop:
        raise ValueError(f"features= and drop= name columns of a table. Received: a {what}.")


def _text_columns(reads: Reads, group: Any) -> tuple[str, ...]:
    """Name the columns of a table that stay text: a column of groups may be one of them."""
    names = tuple(part.name for part in reads or () if part.is_text)
    return (*names, group) if names and len(reads or ()) == 1 and isinstance(group, str) else names


def _played(data: Data, players: Any) -> Data:
    """Join features into players."""
    if isinstance(data.x, dict):
        raise ValueError(f"players need a single input. Received inputs {sorted(data.x)}.")
    shape, image = data.image_shape or data.x.shape[1:], data.image_shape is not None
    width = int(np.prod(shape))
    indices, player_names = resolve_players(players, data.feature_names, width, shape, image=image)
    return data.with_(players=indices, player_names=player_names)


def _grouped(data: Data, group: Any) -> Data:
    """Group the scored rows by given values, or by the feature that `group` names."""
    if isinstance(group, str):
        columns = data.feature_names
        if columns is None or isinstance(data.x, dict):
            raise ValueError(f"group={group!r} needs feature names, which this data does not have.")
        if group not in columns:
            raise unknown("group column", group, columns)
        group = data.x.reshape(len(data), -1)[:, columns.index(group)]
    return data.with_(scored=replace(data.scored, group=as_array(group, "group")))
