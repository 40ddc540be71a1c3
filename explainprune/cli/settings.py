"""A study's configuration, from flags over environment over TOML over defaults."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from explainprune.cli.toml import assignments, merged, read_toml, to_toml


def resolved(path: Path | None, given: dict[str, Any], settings: list[str] | None) -> Any:
    """Return the StudyConfig of a file, with what was given on the command line over it.

    Raises
    ------
    ValueError
        For unknown sections and keys (with the nearest) and values that don't fit.
    """
    from explainprune.study import study_config

    config = {} if path is None else read_toml(path)
    config = merged(config, given)
    for key in (pairs := assignments(settings or [], "--set")):
        if "." not in key:
            raise ValueError(f"--set takes SECTION.KEY=VALUE. Received: {key!r}.")
    return study_config(merged(config, pairs))


def config_text(config: Any) -> str:
    """Write a StudyConfig as TOML, sections and keys with what they say of themselves."""
    comments = {}
    for part in fields(config):
        kind: Any = part.default_factory
        comments[part.name] = (kind.__doc__ or "").strip().splitlines()[0]
        for key in fields(kind):
            comments[f"{part.name}.{key.name}"] = key.metadata.get("help", "")
    return to_toml(config.to_dict(), comments)
