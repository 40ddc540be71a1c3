"""Names, shapes and dtypes of what a model reads, learned from the model or from data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from explainprune.network.backend import keras, tf
from explainprune.network.functions.inputs import InputSpec, as_parts, pack, resolved
from explainprune.network.functions.subclassed import built_parts, declared_parts, learn_inputs
from explainprune.network.functions.words import Words, shared_words
from explainprune.network.graph.graph import read_graph
from explainprune.network.graph.nodes import has_graph
from explainprune.network.protocol import Model
from explainprune.types import Array

# What float32 holds exactly.
_NARROW = {"float32", "float16", "bfloat16", "bool", "int8", "uint8", "int16", "uint16"}


@dataclass(frozen=True)
class Signature:
    """What a model reads.

    Attributes
    ----------
    parts : tuple of InputSpec
        Its inputs, in the model's order.
    structure : nested
        The inputs' names, nested as the model takes them.
    output_names : tuple of str
        Empty where the model doesn't say.
    words : Words, optional
        The texts that codes in flat rows stand for; None where the model reads no text.
    """

    parts: tuple[InputSpec, ...]
    structure: Any
    output_names: tuple[str, ...] = ()
    words: Words | None = None

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
        arrays = as_parts(x, self.parts)
        parts = [resolved(part, a) for part, a in zip(self.parts, arrays, strict=True)]
        return replace(self, parts=tuple(parts))

    @property
    def texts(self) -> tuple[str, ...]:
        """Names of the inputs that hold text."""
        return tuple(part.name for part in self.parts if part.is_text)

    def pack(self, x: Any) -> Array:
        """Check the caller's inputs and lay each row flat: see `inputs.pack`."""
        return pack(x, self.parts, self.dtype, None if self.words is None else self.words.encode)

    def split(self, x: Any, numbers: Collection[str] = ()) -> list[Any]:
        """Cut flat rows into one tensor for each input; `numbers` are left as they are."""
        pieces = tf.split(x, [part.size for part in self.parts], axis=1)
        return [
            self._typed(piece, part, part.name in numbers)
            for piece, part in zip(pieces, self.parts, strict=True)
        ]

    def _typed(self, piece: Any, part: InputSpec, number: bool) -> Any:
        shaped = tf.reshape(piece, (-1, *part.sizes))
        if part.is_text:
            assert self.words is not None
            return self.words.decode(shaped)
        return tf.cast(shaped, "float32" if number else part.dtype)

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
        If the model was never built, or `like` doesn't fit it.
    """
    learn_inputs(model, like)
    drawn = bool(getattr(model, "inputs", None))
    signature = _of_graph(model) if drawn else Signature(*built_parts(model, like))
    if signature.texts:
        signature = replace(signature, words=shared_words())
    return signature if like is None else signature.like(like)


def parts_of_model(model: Any) -> tuple[InputSpec, ...] | None:
    """Return what a Keras model reads, without rows; None for what doesn't say or isn't one."""
    if not isinstance(model, keras.Model):
        return None
    if getattr(model, "inputs", None):
        return _of_graph(model).parts
    return declared_parts(model)


def _of_graph(model: Model) -> Signature:
    nested = getattr(model, "input", model.inputs[0])  # a Sequential doesn't say: it has one
    names = key_names(nested) or tuple(tensor.name for tensor in model.inputs)
    scaled = _scaled_first(model)
    parts = tuple(
        InputSpec(name, tuple(each.shape[1:]), "float32" if id(each) in scaled else each.dtype)
        for name, each in zip(names, model.inputs, strict=True)
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
    whole = {id(tensor) for tensor in model.inputs if "int" in tensor.dtype}
    if not whole or not has_graph(model):
        return set()
    graph = read_graph(model)
    other = {
        number
        for call in graph.calls
        for number in call.read
        if not isinstance(call.operation, (keras.layers.Rescaling, keras.layers.Normalization))
    }
    numbered = zip(model.inputs, graph.inputs, strict=True)
    return {id(tensor) for tensor, number in numbered if number not in other} & whole


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Tell apart outputs that share a name: those of one layer with several outputs."""
    shared = {name for name in names if names.count(name) > 1}
    return tuple(f"{name}_{i}" if name in shared else name for i, name in enumerate(names))
