"""Where the figures come from, flattened to lines of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from explainprune.reporting.formatting import name
from explainprune.reporting.subject import Subject

WORDS = {
    "labelled": "rows have labels",
    "output": "explained output",
    "background_rows": "rows of a background",
    "pairs": "pairs of a row and a background row explained",
    "effort": "such pairs at most",
    "unit": "what the interval runs over",
    "units": "how many of these",
    "weighted": "rows have weights",
    "random_copies": "models with random weights",
    "random_weights": "drawn anew from",
    "players": "features explained",
    "k": "k of top-k",
    "naopc_rows": "rows for faithfulness (NAOPC)",
    "naopc_players": "features for faithfulness",
}
"""What facts are called whose own name says too little."""


@dataclass(frozen=True)
class Provenance:
    """The section's content: three lists of (what, value), and what the reader must know."""

    facts: tuple[tuple[str, str], ...]
    config: tuple[tuple[str, str], ...]
    manifest: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def provenance(subject: Subject, manifest: dict[str, Any] | None) -> Provenance:
    """Flatten the pair's provenance, a study's configuration and the manifest."""
    study = subject.study
    notes = (*subject.results.notes, *(subject.pair.notes if study else ()))
    return Provenance(
        tuple(
            (WORDS.get(what, what.replace("_", " ")), subject.in_names(v))
            for what, v in flatten(subject.pair.provenance)
        ),
        tuple(flatten(study.config if study else {})),
        tuple(flatten(manifest or {})),
        tuple(dict.fromkeys(notes)),
    )


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Turn nested JSON values into lines; short lists of plain values stay on one.

    >>> list(flatten({"a": {"b": 1, "c": [1, "x"]}, "d": None}))
    [('a › b', '1'), ('a › c', '1, x'), ('d', '–')]
    """
    if isinstance(value, dict):
        for key, part in value.items():
            yield from flatten(part, f"{path} › {name(key)}" if path else name(key))
    elif isinstance(value, (list, tuple)) and any(isinstance(p, (dict, list)) for p in value):
        for index, part in enumerate(value):
            yield from flatten(part, f"{path} › {index}")
    elif isinstance(value, (list, tuple)):
        yield path, ", ".join(_text(part) for part in value) or "–"
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return name(value) if isinstance(value, str) else json.dumps(value)
