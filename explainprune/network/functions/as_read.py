"""`Data` with named columns as a model reads it: an input for each column where it has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from explainprune.network.functions.artefacts.artefact import Artefact
from explainprune.network.functions.inputs import InputSpec, read
from explainprune.network.protocol import Network
from explainprune.types import Data


def read_by(model: Any) -> tuple[InputSpec, ...] | None:
    """Return what `model` reads; None where it doesn't say: a formula, a model never called."""
    if isinstance(model, Artefact):
        return model.parts
    signature = getattr(model, "signature", None)
    if signature is not None and hasattr(signature, "parts"):
        return tuple(signature.parts)
    if isinstance(model, Network):
        return None
    from explainprune.network.functions.signature import parts_of_model

    return parts_of_model(model)


def columns_as_inputs(model: Any, data: Data) -> Data:
    """Split columns with names among the inputs of that name; other data is returned as it is.

    Raises
    ------
    ValueError
        If the columns aren't the inputs of a model that has several.
    """
    names, reads = data.feature_names, read_by(model)
    if names is None or reads is None or len(reads) < 2 or isinstance(data.x, dict):
        return data
    found: dict[str, Any] = {
        part: replace(rows, x=read(rows.x, reads, "x", names))
        for part in ("scored", "train", "validation")
        if (rows := getattr(data, part)) is not None
    }
    if data.background is not None:
        found["background"] = read(data.background, reads, "background", names)
    order = [list(names).index(part.name) for part in reads]
    players = None if data.players is None else tuple(data.players[at] for at in order)
    return data.with_(**found, players=players, feature_names=None, image_shape=None)


def width_of(model: Any) -> int | None:
    """Return how many numbers a model's one vector of outputs holds; None where it isn't known."""
    if isinstance(model, Network):
        shapes: Any = getattr(model, "output_shapes", ((),))
        return model.n_outputs if len(shapes) == 1 and len(shapes[0]) < 2 else None
    found: Any = getattr(model, "outputs", None) or ()
    known = len(found) == 1 and hasattr(found[0], "shape") and len(found[0].shape) == 2
    return found[0].shape[1] if known else None
