"""The user's own words for features, classes, groups, players and channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.data.mappings import SUFFIXES, read_mapping
from explainprune.lookup import check_keys, unknown
from explainprune.types import Array, Data, Rows
from explainprune.types.frames import named

KINDS = {
    "features": "feature",
    "classes": "class",
    "groups": "group",
    "players": "player",
    "channels": "channel",
}
"""What can be called otherwise, and each one in the singular."""

Words = Mapping[str, str]


def in_words(data: Data, labels: Any) -> Data:
    """Call what `data` holds by the user's own words; values are left as they are.

    Parameters
    ----------
    data : Data
    labels : str, Path or mapping
        For each of `KINDS` a mapping of names to words, or a file of it: ``.toml`` and ``.json``
        with a section for each kind, ``.csv`` with the columns kind, name and label. Names that
        aren't there stay. Channels are numbered 0, 1, …; features without names x0, x1, …

    Raises
    ------
    TypeError, ValueError
        For a kind or a name that isn't known, with the nearest; for two names of one word.

    Examples
    --------
    >>> data = Data(Rows(np.zeros((2, 2))), feature_names=("amt", "dur"))
    >>> in_words(data, {"features": {"amt": "amount"}}).feature_names
    ('amount', 'dur')
    """
    words = _read(labels)
    for kind, name in RENAMED.items():
        if words.get(kind):
            data = name(data, words[kind])
    return data


def _read(labels: Any) -> Mapping[str, Words]:
    """Read labels, and check that they are words by kind and name."""
    if isinstance(labels, str | Path):
        path = Path(labels)
        if path.suffix not in SUFFIXES:
            raise ValueError(
                f"labels come from a file of {', '.join(SUFFIXES)}. Received: {path.name!r}."
            )
        labels = read_mapping(path, "labels", ("kind", "name", "label"))
        if not isinstance(labels, dict):
            kind = type(labels).__name__
            raise ValueError(f"Labels file {path.name!r} needs a mapping. Received: a {kind}.")
    if not isinstance(labels, Mapping):
        raise TypeError(
            "labels are words: a file, or a mapping such as {'features': {'amt': 'amount'}}. "
            f"Labels of rows are y. Received: {type(labels).__name__}."
        )
    check_keys([str(kind) for kind in labels], KINDS, "labels")
    for kind, words in labels.items():
        if not isinstance(words, Mapping) or not all(isinstance(w, str) for w in words.values()):
            raise ValueError(
                f"labels of {kind} map names to words, both text. Received: {words!r:.80}."
            )
    return {kind: {str(k): word for k, word in words.items()} for kind, words in labels.items()}


def _named(names: Sequence[str], words: Words, kind: str) -> tuple[str, ...]:
    """Replace names by words; every one must be known."""
    _check_known(words, names, kind)
    return _called(names, words, kind)


def _check_known(words: Words, names: Sequence[str], kind: str) -> None:
    for name in words:
        if name not in names:
            raise unknown(f"{KINDS[kind]} in labels", name, dict.fromkeys(names))


def _called(names: Sequence[str], words: Words, kind: str) -> tuple[str, ...]:
    """Replace names by words; no two may become one."""
    called = tuple(words.get(name, name) for name in names)
    twice = [word for word, times in Counter(called).items() if times > 1]
    if twice and len(set(names)) == len(names):
        raise ValueError(f"labels call more than one {KINDS[kind]} {twice[0]!r}.")
    return called


def _features(data: Data, words: Words) -> Data:
    """Call features, and columns of the raw table, otherwise."""
    if isinstance(data.x, dict):
        raise ValueError(
            "labels of features need a single input. Received inputs "
            f"{', '.join(sorted(data.x))}, which are called as the model calls them."
        )
    width = int(np.prod(data.x.shape[1:]))
    own, raw = named(data.feature_names, width), tuple(data.scored.raw or {})
    _check_known(words, (*own, *raw), "features")
    called, players = _called(own, words, "features"), data.player_names
    if players is not None:  # one of a single feature goes by its name
        renamed = {name: word for name, word in words.items() if name in own}
        data = data.with_(player_names=_called(players, renamed, "players"))
    data = data.with_(feature_names=called)
    _called(raw, words, "features")
    return _each(data, "raw", lambda table: {words.get(n, n): table[n] for n in table})


def _classes(data: Data, words: Words) -> Data:
    names = data.class_names
    if names is None:
        if data.task != "classification" or data.y is None:
            raise ValueError("labels of classes need labelled classes, or class_names.")
        names = tuple(str(k) for k in range(int(np.max(data.y)) + 1))
    return data.with_(class_names=_named(names, words, "classes"))


def _groups(data: Data, words: Words) -> Data:
    if data.group is None:
        raise ValueError("labels of groups need groups: group=, or a column of the table.")
    parts = [rows.group for rows in (data.scored, data.train, data.validation) if rows is not None]
    names = dict.fromkeys(str(value) for part in parts if part is not None for value in part)
    called = dict(zip(names, _named(tuple(names), words, "groups"), strict=True))

    def named_groups(group: Array) -> Array:
        return np.array([called[str(value)] for value in group])

    return _each(data, "group", named_groups)


def _players(data: Data, words: Words) -> Data:
    if data.player_names is None:
        raise ValueError("labels of players need players with names: players=.")
    return data.with_(player_names=_named(data.player_names, words, "players"))


def _channels(data: Data, words: Words) -> Data:
    """Name features by the channel and the place they belong to."""
    shape = None if isinstance(data.x, dict) else (data.image_shape or data.x.shape[1:])
    if shape is None or len(shape) < 2 or (data.image_shape and len(shape) < 3):
        raise ValueError(
            "labels of channels need rows of steps × channels, or images of height × width × "
            "channels."
        )
    if data.feature_names is not None:
        raise ValueError("labels of channels name features, which have names here: label those.")
    own = _named(tuple(str(k) for k in range(shape[-1])), words, "channels")
    places = np.ndindex(*shape[:-1])
    names = (
        f"{channel}, {'step ' if len(place) == 1 else ''}{','.join(map(str, place))}"
        for place in places
        for channel in own
    )
    return data.with_(feature_names=tuple(names))


def _each(data: Data, name: str, change: Any) -> Data:
    """Change what comes with the rows, in every part of the data that has it."""
    parts: dict[str, Rows] = {
        part: replace(rows, **{name: change(getattr(rows, name))})
        for part in ("scored", "train", "validation")
        if (rows := getattr(data, part)) is not None and getattr(rows, name) is not None
    }
    return data.with_(**parts)


RENAMED: dict[str, Callable[[Data, Words], Data]] = {
    "channels": _channels,  # they name features
    "features": _features,
    "classes": _classes,
    "groups": _groups,
    "players": _players,
}
