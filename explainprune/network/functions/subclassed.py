"""What a model without a graph reads: learned from how it was built, or from rows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.inputs import ANY, InputSpec, as_parts
from explainprune.network.graph.nodes import layers_inside
from explainprune.network.protocol import Model
from explainprune.network.reasons import reason_of
from explainprune.network.variables import check_layers


def learn_inputs(model: Model, like: Any) -> None:
    """Call a model that was never called on one row, so that it has its weights.

    Raises
    ------
    ValueError
        If there are no rows, or it can't be called on them.
    """
    if getattr(model, "inputs", None):
        return
    check_layers(model)
    if model.built and all(layer.built for layer in layers_inside(model)):
        return
    if like is None:
        raise ValueError(
            f"Model {model.name!r} ({type(model).__name__}) was never built, so that it has no "
            "weights yet: call it on a few rows first, or give it an Input."
        )
    before = len(model.weights)
    try:
        model(keras.tree.map_structure(_first_row, like), training=False)
    except Exception as error:
        shapes = keras.tree.map_structure(np.shape, like)
        raise ValueError(
            f"Model {model.name!r} ({type(model).__name__}) was never called, and can't be called "
            f"on rows of shape {shapes}: {type(error).__name__}: {reason_of(error)}"
        ) from error
    if len(model.weights) > before:
        warnings.warn(
            f"Model {model.name!r} ({type(model).__name__}) was called for the first time: it has "
            "the weights that it was initialised with.",
            UserWarning,
            stacklevel=2,
        )


def _first_row(values: Any) -> Any:
    row = np.asarray(values)[:1]
    return tf.constant(row.astype("float32") if row.dtype.kind == "f" else row)


def built_parts(model: Model, like: Any) -> tuple[tuple[InputSpec, ...], Any]:
    """Read the inputs that a subclassed model was built with, and how they are nested."""
    config = model.get_build_config() or {}
    shapes = config.get("input_shape")
    if shapes is None:
        if like is None or config:
            raise ValueError(
                f"Model {model.name!r} ({type(model).__name__}) doesn't say what it reads. "
                f"Expected one input, or a list or dict of them. Known: {config or 'nothing'}. "
                + ("" if config else "Pass like=, a few of its rows.")
            )
        shapes = keras.tree.map_structure(lambda array: np.shape(array), like)
    parts, structure = _named_parts(shapes, model.variable_dtype)
    return _typed(parts, like), structure


def declared_parts(model: Model) -> tuple[InputSpec, ...] | None:
    """Read the inputs that a subclassed model says it was built with; None if it doesn't say."""
    shapes = (model.get_build_config() or {}).get("input_shape")
    return None if shapes is None else _named_parts(shapes, ANY)[0]


def built_nesting(model: Model) -> Any:
    """Return the names of the inputs that a subclassed model was built with, nested as they are."""
    shapes = (model.get_build_config() or {}).get("input_shape")
    return None if shapes is None else _named_shapes(shapes)[0]


def _named_parts(shapes: Any, dtype: str) -> tuple[tuple[InputSpec, ...], Any]:
    """Describe inputs by their (nested) shapes; return them, and their names so nested."""
    structure, named = _named_shapes(shapes)
    names = keras.tree.flatten(structure)
    return tuple(InputSpec(name, tuple(named[name][1:]), dtype) for name in names), structure


def _named_shapes(shapes: Any) -> tuple[Any, dict[str, Any]]:
    """Name each input of a (nested) shape; return the names so nested, and the shape of each."""
    if isinstance(shapes, Mapping):
        named = {str(name): shape for name, shape in shapes.items()}
        return {name: name for name in named}, named
    if shapes and isinstance(shapes[0], (tuple, list)):
        names = [f"input_{i}" for i in range(len(shapes))]
        return names, dict(zip(names, shapes, strict=True))
    return "input", {"input": shapes}


def _typed(parts: tuple[InputSpec, ...], like: Any) -> tuple[InputSpec, ...]:
    """Take integers for integers: a subclassed model doesn't say which dtypes it reads."""
    if like is None:
        return parts
    open_parts = [replace(part, dtype=ANY) for part in parts]
    kinds = {"U": "string", "f": None}
    return tuple(
        replace(part, dtype=kinds.get(array.dtype.kind, str(array.dtype)) or part.dtype)
        for part, array in zip(parts, as_parts(like, open_parts), strict=True)
    )
