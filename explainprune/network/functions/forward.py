"""Call a model on one tensor for each input, leaving it as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explainprune.network.backend import keras
from explainprune.network.functions.signature import Signature, key_names
from explainprune.network.graph.graph import read_graph
from explainprune.network.graph.nodes import has_graph
from explainprune.network.protocol import Model
from explainprune.network.reasons import reason_of


def run_model(
    model: Model, signature: Signature, tensors: list[Any]
) -> tuple[list[Any], tuple[str, ...]]:
    """Run `model` in inference mode; return its outputs in order, and their names.

    Raises
    ------
    ValueError
        If a subclassed model can't be called on what it seems to read.
    """
    # Nothing that a layer keeps between calls may change: state goes to this scope, and away.
    with keras.StatelessScope():
        if has_graph(model):
            graph = read_graph(model)
            values = graph.run(tensors)
            return [values[number] for number in graph.outputs], signature.output_names
        try:
            structure = model(signature.structured(tensors), training=False)
        except Exception as error:
            shapes = ", ".join(f"{part.name}: {part.shape}" for part in signature.parts)
            raise ValueError(
                f"Model {model.name!r} ({type(model).__name__}) could not be called on inputs of "
                f"shape {shapes}: {type(error).__name__}: {reason_of(error)}"
            ) from error
    raw = list(keras.tree.flatten(structure))
    named = key_names(structure) if isinstance(structure, Mapping) else None
    return raw, named or tuple(f"output_{i}" for i in range(len(raw)))
