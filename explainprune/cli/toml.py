"""Configurations as TOML: written for `init` and `--print-config`, merged for `run`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from explainprune.lookup import nearest


def to_toml(sections: Mapping[str, Mapping[str, Any]], comments: Mapping[str, str]) -> str:
    """Write sections of plain values; None has no TOML form and becomes a comment.

    >>> print(to_toml({"prune": {"sparsity": 0.9, "protect": [], "budget": None}}, {}))
    [prune]
    sparsity = 0.9
    protect = []
    # budget =
    <BLANKLINE>
    """
    lines: list[str] = []
    for section, values in sections.items():
        lines += ["", f"# {comments[section]}"] if section in comments else [""]
        lines.append(f"[{section}]")
        for key, value in values.items():
            line = f"# {key} =" if value is None else f"{key} = {_value(value)}"
            comment = comments.get(f"{section}.{key}")
            lines.append(f"{line}  # {comment}" if comment else line)
    return "\n".join(lines[1:]) + "\n"


def _value(value: Any) -> str:
    """Write one value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    return repr(value)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a configuration file.

    Raises
    ------
    ValueError
        If it is missing or no TOML.
    """
    from explainprune.types.plain import read_toml as parsed

    if not path.is_file():
        folder = path.parent if path.parent.is_dir() else Path()
        near = nearest(path.name, [entry.name for entry in folder.glob("*.toml")])
        raise ValueError(f"There is no configuration {str(path)!r}.{near}")
    return parsed(path, repr(path.name))


def merged(config: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Put values that were given (``"section.key"``: value; None: not given) over a configuration.

    >>> merged({"prune": {"steps": 5}}, {"prune.steps": 3, "data.source": None})
    {'prune': {'steps': 3}}
    """
    result = {k: dict(v) if isinstance(v, Mapping) else v for k, v in config.items()}
    for path, value in given.items():
        if value is None:
            continue
        section, _, key = path.partition(".")
        place = result.setdefault(section, {})
        if isinstance(place, dict):
            place[key] = value
    return result


def assignments(texts: Sequence[str], option: str) -> dict[str, Any]:
    """Read ``KEY=VALUE`` texts; values are TOML where they can be, else text.

    >>> assignments(["prune.steps=3", "prune.criterion=random", "study.seeds=[0, 1]"], "--set")
    {'prune.steps': 3, 'prune.criterion': 'random', 'study.seeds': [0, 1]}
    """
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (equals and key.strip()):
            raise ValueError(f"{option} takes KEY=VALUE. Received: {text!r}.")
        try:
            found[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except (ValueError, RecursionError):
            found[key.strip()] = value.strip()
    return found
