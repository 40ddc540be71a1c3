"""Features that belong together → the player each feature belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explainprune.data.layout import FORMS, by_place, is_layout, near, spread
from explainprune.data.mappings import read_mapping
from explainprune.lookup import unknown
from explainprune.types import Array
from explainprune.types.frames import named

SUFFIXES = (".json", ".toml", ".csv", ".npy")

Resolved = tuple[tuple[int, ...], tuple[str, ...] | None]


def resolve_players(
    players: Any,
    feature_names: Sequence[str] | None,
    width: int,
    shape: Sequence[int] | None = None,
    *,
    image: bool = False,
) -> Resolved:
    """Return the player index of each feature, and the players' names.

    Parameters
    ----------
    players : str, Path, mapping or sequence
        By place: ``"time:10"`` (windows of ten steps of a series), ``"channel"``, ``"patch:4"``
        (squares of an image, all channels together), ``"each"``. A prefix, or a sequence of
        prefixes: the columns that begin with one are a player (``"color_"`` joins ``color_red``
        and ``color_blue`` into ``color``). A file (``.json`` or ``.toml``: player → features, or
        feature → player; ``.csv``: feature, player; ``.json`` or ``.npy``: numbers) or such a
        mapping, where features without names go by their index. Or integers: one for each
        feature, or for each pixel or step, whose channels are then together. Features that
        nothing names are players of their own.
    feature_names : sequence of str or None
        Needed for prefixes.
    width : int
        Features of a row.
    shape : sequence of int, optional
        Of a row, which players by place need. None: ``(width,)``.
    image : bool
        Whether a row is known to be an image.

    Raises
    ------
    ValueError
        If a prefix fits no column, a feature is unknown or named twice, names are not known, or
        rows have no such parts.

    Examples
    --------
    >>> resolve_players("color_", ["age", "color_red", "color_blue"], 3)
    ((0, 1, 1), ('age', 'color'))
    >>> resolve_players({"size": ["width", "height"]}, ["width", "mass", "height"], 3)
    ((0, 1, 0), ('size', 'mass'))
    >>> resolve_players("channel", None, 4, (2, 2))
    ((0, 1, 0, 1), ('channel 0', 'channel 1'))
    """
    shape = (width,) if shape is None else tuple(shape)
    if isinstance(players, str | Path) and Path(players).suffix in SUFFIXES:
        players = _read(Path(players))
    if isinstance(players, str) and is_layout(players) and not _begins(players, feature_names):
        owners, names = by_place(players, shape, image=image)
        return tuple(owners.tolist()), names or named(feature_names, width)
    if not isinstance(players, str | Mapping) and _are_numbers(players):
        return tuple(_spread(np.asarray(players), width, shape).tolist()), None
    if isinstance(players, Mapping):
        owner = _owners(players, feature_names, width)
    else:
        prefixes = [players] if isinstance(players, str) else list(players)
        owner = _by_prefix(prefixes, feature_names)
    each = named(feature_names, width)
    owned = [owner.get(place, each[place]) for place in range(width)]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(owned))}
    return tuple(numbers[name] for name in owned), tuple(numbers)


def _begins(text: str, feature_names: Sequence[str] | None) -> bool:
    return any(name.startswith(text) for name in feature_names or ())


def _are_numbers(players: Any) -> bool:
    """Whether `players` is an array or a sequence of integers."""
    return np.size(players) == 0 or np.asarray(players).dtype.kind in "iub"


def _spread(owners: Array, width: int, shape: tuple[int, ...]) -> Array:
    """Lay players flat; those of pixels or steps go to all of their channels."""
    fits = owners.size != width and owners.ndim and owners.shape == shape[: owners.ndim]
    return spread(owners, shape) if fits else owners.ravel()


def _read(path: Path) -> Any:
    """Read a mapping, or numbers, from a file."""
    if path.suffix != ".npy":
        read = read_mapping(path, "players", ("feature", "player"))
        return read if isinstance(read, dict) else _numbers(read, path)
    try:
        return _numbers(np.load(path, allow_pickle=False), path)
    except OSError:
        raise ValueError(f"No players file {path.name!r}.") from None
    except (ValueError, EOFError) as error:
        raise ValueError(f"Players file {path.name!r} could not be read: {error}.") from None


def _numbers(read: Any, path: Path) -> Array:
    """Return what a file holds as integers."""
    try:
        found = np.asarray(read)
    except ValueError:  # lists of different lengths
        found = np.zeros(0)
    if found.dtype.kind not in "iu" or not found.ndim:
        raise ValueError(
            f"Players file {path.name!r} needs a mapping of players to features, or an integer "
            "for each feature."
        )
    return found


def _owners(
    mapping: Mapping[str, Any], feature_names: Sequence[str] | None, width: int
) -> dict[int, str]:
    """Turn player → features, or feature → player, into the player of each feature's index."""
    pairs = []
    for key, value in mapping.items():
        if isinstance(value, str):
            pairs.append((str(key), value))
        elif isinstance(value, Sequence):
            pairs += [(str(feature), str(key)) for feature in value]
        else:
            raise ValueError(
                f"players map a player to a list of features, or a feature to a player. "
                f"Received: {key!r}: {value!r}."
            )
    places: dict[str, list[int]] = {}
    for place, name in enumerate(feature_names or ()):
        places.setdefault(name, []).append(place)
    owner: dict[int, str] = {}
    for feature, player in pairs:
        for place in places.get(feature) or [_index(feature, feature_names, width)]:
            if owner.setdefault(place, player) != player:
                raise ValueError(
                    f"Feature {feature!r} is in two players: {owner[place]!r}, {player!r}."
                )
    return owner


def _index(feature: str, feature_names: Sequence[str] | None, width: int) -> int:
    """Read the index of a feature that isn't named."""
    if feature.isdecimal() and int(feature) < width:
        return int(feature)
    if feature_names is not None:
        raise unknown("feature in players", feature, feature_names)
    raise ValueError(
        f"Unknown feature in players {feature!r}: this data has no feature names, so that features "
        f"go by their index, 0 to {width - 1}."
    )


def _by_prefix(prefixes: Sequence[str], feature_names: Sequence[str] | None) -> dict[int, str]:
    """Join the columns that begin with each prefix; the longest prefix wins."""
    if feature_names is None:
        first = str(prefixes[0]) if prefixes else ""
        raise ValueError(
            f"players by name need feature names, which this data does not have. "
            f"Received: {first!r}.{near(first)} By place: {', '.join(FORMS.values())}."
        )
    owner: dict[int, str] = {}
    for prefix in sorted(prefixes, key=len):
        places = [i for i, name in enumerate(feature_names) if name.startswith(prefix)]
        if not (prefix and places):
            raise unknown(
                "prefix of players: no column begins with",
                prefix,
                [*feature_names, *FORMS.values()],
            )
        owner |= dict.fromkeys(places, prefix.rstrip("_-. =:") or prefix)
    return owner
