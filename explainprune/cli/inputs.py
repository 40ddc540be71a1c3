"""What commands read: a model file, and the rows it is asked about."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from explainprune.cli.console import Console
from explainprune.cli.toml import read_toml
from explainprune.lookup import check_keys
from explainprune.options import ReadOptions


def read(
    console: Console,
    model: Path,
    data: str | None,
    *,
    trust: bool,
    schema: Path | None,
    **reading: Any,
) -> tuple[Any, Any]:
    """Return the rows (None without `data`) and the model; what is noted of either is shown.

    `reading` goes to `load_data`, over what the schema says.
    """
    import explainprune as xp

    with console.noting():
        loaded = xp.load_model(model, trust=trust)
        if data is None:
            return None, loaded
        return xp.load_data(data, model=loaded, **(described(schema) | reading)), loaded


def columns_read(
    rows: Any, model: Any, reading: dict[str, Any], schema: Path | None
) -> tuple[str, ...] | None:
    """Return the columns that a model is trained on, to be kept in its file.

    Those of the rows under their own names, not their readers' words; else those it came with.
    """
    from explainprune.network import columns_of

    own = None if rows is None or isinstance(rows.x, dict) else rows.feature_names
    if own is None or reading.get("labels") or described(schema).get("labels"):
        own = columns_of(model)
    return None if own is None else tuple(own)


def described(schema: Path | None, stated: Path | None = None) -> dict[str, Any]:
    """Return what a file's ``[data]`` says of how rows are read, without one a protocol's, if any.

    A study's configuration is a schema too: which rows it takes and how it splits them is its own.
    """
    from explainprune.study.config import DataSettings
    from explainprune.types.encoding import decode

    file = schema or stated
    if file is None:
        return {}
    names = [each.name for each in fields(ReadOptions)]
    section = read_toml(file).get("data", None if schema else {})
    if not isinstance(section, dict):
        raise ValueError(f"{file.name!r} has no [data], which says {', '.join(names)}.")
    check_keys(section, [each.name for each in fields(DataSettings)], f"[data] of {file.name!r}")
    given = {name: value for name, value in section.items() if name in names}
    return {name: getattr(decode(given, ReadOptions), name) for name in given}
