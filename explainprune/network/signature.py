"""Names, shapes and dtypes of what a model reads, learned from the model or from data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.backend import keras, tf
from explainprune.network.graph import has_graph
from explainprune.network.inputs import Part, as_parts, resolved
from explainprune.network.protocol import Model


@dataclass(frozen=True)
class Signature:
    """What a model reads.

    Attributes
    ----------
    parts : tuple of Part
        Its inputs, in the model's order, sizes known.
    structure : nested
        The inputs' names, nested as the model takes them.
    output_names : tuple of str
        Empty where the model doesn't say.
    """

    parts: tuple[Part, ...]
    structure: Any
    output_names: tuple[str, ...] = ()

    @property
    def n_inputs(self) -> int:
        """Features of a flat row."""
        return sum(part.size for part in self.parts)

    @property
    def dtype(self) -> str:
        """Dtype of flat rows: float64 where float32 could not hold what goes in."""
        narrow = {"float32", "float16", "bfloat16", "bool", "int8", "uint8", "int16", "uint16"}
        return "float32" if {part.dtype for part in self.parts} <= narrow else "float64"

    @property
    def compute_dtype(self) -> str:
        """Dtype of flat outputs."""
        return "float64" if any(part.dtype == "float64" for part in self.parts) else "float32"

    def split(self, x: Any) -> list[Any]:
        """Cut flat rows into one tensor for each input."""
        pieces = tf.split(x, [part.size for part in self.parts], axis=1)
        return [
            tf.cast(tf.reshape(piece, (-1, *part.shape)), part.dtype)
            for piece, part in zip(pieces, self.parts, strict=True)
        ]

    def structured(self, tensors: list[Any]) -> Any:
        """Nest one tensor for each input as the model takes them."""
        return keras.tree.pack_sequence_as(self.structure, tensors)


def signature_of(model: Model, like: Any = None) -> Signature:
    """Learn what `model` reads from its graph, from how it was built, or from `like`.

    Raises
    ------
    ValueError
        If the model was never built, or leaves sizes open and `like` is not given.
    """
    if not has_graph(model):
        raise ValueError(f"{type(model).__name__} {model.name!r} has no layer graph.")
    parts = [
        Part(tensor.name, tuple(tensor.shape[1:]), str(tensor.dtype)) for tensor in model.inputs
    ]
    if like is not None:
        parts = [
            resolved(p, np.asarray(a)) for p, a in zip(parts, as_parts(like, parts), strict=True)
        ]
    names = keras.tree.map_structure(lambda tensor: tensor.name, list(model.inputs))
    outputs = tuple(tensor._keras_history.operation.name for tensor in model.outputs)
    return Signature(tuple(parts), names, outputs)
