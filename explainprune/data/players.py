"""Features that belong together → the player each feature belongs to."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from explainprune.lookup import unknown

SUFFIXES = (".json", ".toml", ".csv")


def resolve_players(
    players: Any, feature_names: Sequence[str] | None, width: int
) -> tuple[tuple[int, ...], tuple[str, ...] | None]:
    """Return the player index of each feature, and the players' names.

    Parameters
    ----------
    players : str, Path, mapping or sequence
        A prefix, or a sequence of prefixes: the columns that begin with one are a player
        (``"color_"`` joins ``color_red`` and ``color_blue`` into ``color``). A file (``.json`` or
        ``.toml``: player → features, or feature → player; ``.csv``: feature, player) or such a
        mapping. Or a sequence of integers, one for each feature. Features that nothing names are
        players of their own.
    feature_names : sequence of str or None
        Needed for everything but integers.
    width : int
        Features of a row.

    Raises
    ------
    ValueError
        If a prefix fits no column, a feature is unknown or named twice, or names are not known.

    Examples
    --------
    >>> resolve_players("color_", ["age", "color_red", "color_blue"], 3)
    ((0, 1, 1), ('age', 'color'))
    >>> resolve_players({"size": ["width", "height"]}, ["width", "mass", "height"], 3)
    ((0, 1, 0), ('size', 'mass'))
    """
    if _are_numbers(players):
        return tuple(int(player) for player in players), None
    if feature_names is None:
        raise ValueError("players by name need feature names, which this data does not have.")
    if isinstance(players, str | Path) and Path(players).suffix in SUFFIXES:
        players = _read(Path(players))
    if isinstance(players, Mapping):
        owner = _owners(players, feature_names)
    else:
        prefixes = [players] if isinstance(players, str) else list(players)
        owner = _by_prefix(prefixes, feature_names)
    owners = [owner.get(name, name) for name in feature_names]
    names = list(dict.fromkeys(owners))
    return tuple(names.index(name) for name in owners), tuple(names)


def _are_numbers(players: Any) -> bool:
    """Whether `players` is a sequence of integers."""
    if isinstance(players, str | Path | Mapping):
        return False
    return all(hasattr(player, "__index__") for player in players)


def _read(path: Path) -> Mapping[str, Any]:
    """Read a mapping from a file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".csv":
            lines = [
                [cell.strip() for cell in line] for line in csv.reader(text.splitlines()) if line
            ]
            if any(len(line) != 2 for line in lines):
                raise ValueError("expected two columns, feature and player")
            return dict(lines[1:] if lines[:1] == [["feature", "player"]] else lines)
        read = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError:
        raise ValueError(f"No players file {path.name!r}.") from None
    except ValueError as error:
        raise ValueError(f"Players file {path.name!r} could not be read: {error}.") from None
    if not isinstance(read, dict):
        raise ValueError(f"Players file {path.name!r} needs a mapping of players to features.")
    return read


def _owners(mapping: Mapping[str, Any], feature_names: Sequence[str]) -> dict[str, str]:
    """Turn player → features, or feature → player, into feature → player."""
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
    owner: dict[str, str] = {}
    for feature, player in pairs:
        if feature not in feature_names:
            raise unknown("feature in players", feature, feature_names)
        if owner.setdefault(feature, player) != player:
            raise ValueError(
                f"Feature {feature!r} is in two players: {owner[feature]!r}, {player!r}."
            )
    return owner


def _by_prefix(prefixes: Sequence[str], feature_names: Sequence[str]) -> dict[str, str]:
    """Join the columns that begin with each prefix; the longest prefix wins."""
    owner: dict[str, str] = {}
    for prefix in sorted(prefixes, key=len):
        columns = [name for name in feature_names if name.startswith(prefix)]
        if not (prefix and columns):
            raise unknown("prefix of players: no column begins with", prefix, feature_names)
        owner |= dict.fromkeys(columns, prefix.rstrip("_-. =:") or prefix)
    return owner
