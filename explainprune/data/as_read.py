"""Rows as a model reads them: text where it encodes text, an input for each column where it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from explainprune.network.functions.inputs import Part, read
from explainprune.types import Data, Rows


def read_by(model: Any) -> tuple[Part, ...] | None:
    """Return what `model` reads; None where it doesn't say: a formula, a model never called."""
    signature = getattr(model, "signature", None)
    if signature is not None and hasattr(signature, "parts"):
        return tuple(signature.parts)
    from explainprune.network import parts_of_model

    found: tuple[Part, ...] | None = parts_of_model(model)
    return found


def text_columns(reads: Sequence[Part] | None, group: Any) -> tuple[str, ...]:
    """Name the columns of a table that stay text: a column of groups may be one of them."""
    names = tuple(part.name for part in reads or () if part.is_text)
    return (*names, group) if names and len(reads or ()) == 1 and isinstance(group, str) else names


def as_read_by(model: Any, data: Any) -> Data:
    """Return `data`, or whatever `load_data` takes, as `model` reads it.

    Columns with names become one input each where the model has an input for each column.

    Raises
    ------
    ValueError
        As `load_data` does; if the data isn't what the model reads.
    """
    if not isinstance(data, (Data, Rows)):
        from explainprune.data.load import load_data

        return load_data(data, model=model)
    given = data if isinstance(data, Data) else Data(data)
    reads, names = read_by(model), given.feature_names
    if reads is None or len(reads) < 2 or names is None or isinstance(given.x, dict):
        return given
    found = {
        part: replace(rows, x=read(rows.x, reads, "x", names))
        for part in ("scored", "train", "validation")
        if (rows := getattr(given, part)) is not None
    }
    background = given.background
    if background is not None:
        background = read(background, reads, "background", names)
    order = [list(names).index(part.name) for part in reads]
    players = None if given.players is None else tuple(given.players[at] for at in order)
    return given.with_(
        **found, background=background, players=players, feature_names=None, image_shape=None
    )
