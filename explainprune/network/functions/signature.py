"""Names, shapes and dtypes of what a model reads, learned from the model or from data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.functions.inputs import Part, as_parts, resolved
from explainprune.network.protocol import Model
from explainprune.network.wiring.graph import layers_inside, nodes_between

# What float32 holds exactly.
_NARROW = {"float32", "float16", "bfloat16", "bool", "int8", "uint8", "int16", "uint16"}


@dataclass(frozen=True)
class Signature:
    """What a model reads.

    Attributes
    ----------
    parts : tuple of Part
        Its inputs, in the model's order.
    structure : nested
        The inputs' names, nested as the model takes them.
    output_names : tuple of str
        Empty where the model doesn't say.
    """

    parts: tuple[Part, ...]
    structure: Any
    output_names: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether every size is known."""
        return all(part.known for part in self.parts)

    @property
    def n_inputs(self) -> int:
        """Features of a flat row."""
        return sum(part.size for part in self.parts)

    @property
    def dtype(self) -> str:
        """Dtype of flat rows: float64 where float32 could not hold what goes in."""
        return "float32" if {part.dtype for part in self.parts} <= _NARROW else "float64"

    def like(self, x: Any) -> Signature:
        """Fill the sizes that the model leaves open from rows given for it."""
        arrays = [np.asarray(array) for array in as_parts(x, self.parts)]
        parts = [resolved(part, a) for part, a in zip(self.parts, arrays, strict=True)]
        return replace(self, parts=tuple(parts))

    def split(self, x: Any) -> list[Any]:
        """Cut flat rows into one tensor for each input."""
        pieces = tf.split(x, [part.size for part in self.parts], axis=1)
        return [
            tf.cast(tf.reshape(piece, (-1, *part.sizes)), part.dtype)
            for piece, part in zip(pieces, self.parts, strict=True)
        ]

    def structured(self, tensors: list[Any]) -> Any:
        """Nest one tensor for each input as the model takes them."""
        return keras.tree.pack_sequence_as(self.structure, tensors)


def signature_of(model: Model, like: Any = None) -> Signature:
    """Learn what `model` reads from its graph, or from how it was built, and from `like`.

    Parameters
    ----------
    model : keras.Model
    like : ndarray or dict, optional
        Rows that fix the sizes which the model leaves open, and the dtypes of a subclassed model.

    Raises
    ------
    ValueError
        If the model was never built, reads text, or `like` doesn't fit it.
    """
    drawn = bool(getattr(model, "inputs", None))
    signature = _of_graph(model) if drawn else _of_build(model, like)
    for part in signature.parts:
        if part.dtype == "string":
            raise ValueError(
                f"Input {part.name!r} of the model reads text, which has no attributions. Cut the "
                "model after its text vectorisation."
            )
    return signature if like is None else signature.like(like)


def _of_graph(model: Model) -> Signature:
    nested = getattr(model, "input", model.inputs[0])  # a Sequential doesn't say: it has one
    names = key_names(nested) or tuple(tensor.name for tensor in model.inputs)
    scaled = _scaled_first(model)
    parts = tuple(
        Part(name, tuple(tensor.shape[1:]), "float32" if id(tensor) in scaled else tensor.dtype)
        for name, tensor in zip(names, model.inputs, strict=True)
    )
    structure = keras.tree.pack_sequence_as(nested, list(names))
    outputs = [tensor._keras_history.operation.name for tensor in model.outputs]
    named = key_names(getattr(model, "output", None)) or _distinct(outputs)
    return Signature(parts, structure, named)


def key_names(structure: Any) -> tuple[str, ...] | None:
    """Return the keys of a flat dict of tensors, in the order in which Keras flattens it."""
    if not isinstance(structure, Mapping):
        return None
    names = tuple(str(name) for name in sorted(structure))
    return names if len(keras.tree.flatten(structure)) == len(names) else None


def _scaled_first(model: Model) -> set[int]:
    """Find inputs whose values are only ever scaled: integers there are numbers, not names."""
    inputs = {id(tensor) for tensor in model.inputs}
    other = {
        id(tensor)
        for node in nodes_between(model.outputs, inputs)
        for tensor in node.input_tensors
        if not isinstance(node.operation, (keras.layers.Rescaling, keras.layers.Normalization))
    }
    return {id(t) for t in model.inputs if "int" in t.dtype} - other


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Tell apart outputs that share a name: those of one layer with several outputs."""
    shared = {name for name in names if names.count(name) > 1}
    return tuple(f"{name}_{i}" if name in shared else name for i, name in enumerate(names))


def _of_build(model: Model, like: Any) -> Signature:
    """Read the shapes that a subclassed model was built with."""
    if not model.built or not all(layer.built for layer in layers_inside(model)):
        raise ValueError(
            f"Model {model.name!r} ({type(model).__name__}) was never built, so that it has no "
            "weights yet: call it on a few rows first, or give it an Input."
        )
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
    if isinstance(shapes, Mapping):
        structure: Any = {str(name): str(name) for name in shapes}
        named = {str(name): shape for name, shape in shapes.items()}
    elif shapes and isinstance(shapes[0], (tuple, list)):
        structure = [f"input_{i}" for i in range(len(shapes))]
        named = dict(zip(structure, shapes, strict=True))
    else:
        structure, named = "input", {"input": shapes}
    names = keras.tree.flatten(structure)
    parts = [Part(name, tuple(named[name][1:]), model.variable_dtype) for name in names]
    return Signature(_typed(parts, like), structure)


def _typed(parts: list[Part], like: Any) -> tuple[Part, ...]:
    """Take integers for integers: a subclassed model doesn't say which dtypes it reads."""
    if like is None:
        return tuple(parts)
    arrays = [np.asarray(array) for array in as_parts(like, parts)]
    return tuple(
        replace(part, dtype=str(array.dtype)) if array.dtype.kind in "iub" else part
        for part, array in zip(parts, arrays, strict=True)
    )
