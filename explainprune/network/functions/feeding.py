"""Rows as a model reads them: checked, in its order, shapes and dtypes."""

from __future__ import annotations

from typing import Any

from explainprune.network.backend import keras
from explainprune.network.functions.inputs import InputSpec, as_parts, flattened, resolved
from explainprune.network.functions.signature import parts_of_model
from explainprune.network.functions.subclassed import built_nesting, learn_inputs
from explainprune.network.graph.nodes import has_graph
from explainprune.network.protocol import Model
from explainprune.network.soundness import check_stateless
from explainprune.types import Array, Inputs
from explainprune.types.arrays import check_finite, n_rows
from explainprune.types.tables import plain


def feed(model: Model, x: Any) -> list[Array]:
    """Return one array for each input of `model`, in its order, shaped and typed as it reads them.

    Rows laid flat are given the shape that the model reads.

    Raises
    ------
    ValueError
        If there are no rows, NaN or infinite values, another number of inputs, features or axes
        than the model reads, or inputs that differ in their number of rows.
    """
    check_stateless(model)
    learn_inputs(model, x)
    reads = parts_of_model(model)
    if reads is None:
        found = plain(x, "x")
        _check(found)
        return list(found.values()) if isinstance(found, dict) else [found]
    arrays = as_parts(x, reads)
    _check({part.name: array for part, array in zip(reads, arrays, strict=True)})
    if not has_graph(model):  # what shapes and dtypes it reads, only a graph says
        return arrays
    return [
        _shaped(array, resolved(part, array)) for part, array in zip(reads, arrays, strict=True)
    ]


def _check(x: Inputs) -> None:
    """Raise unless there are rows, of numbers or text, as many of each input."""
    single = next(iter(x.values())) if isinstance(x, dict) and len(x) == 1 else x
    if n_rows(single) == 0:
        raise ValueError("x needs at least one row. Received: 0 rows.")
    check_finite(single, "x", text=True)


def _shaped(values: Array, part: InputSpec) -> Array:
    """Give rows, laid flat or not, the shape and the dtype that the model reads."""
    shaped = flattened(values, part).reshape(len(values), *part.shape)
    return shaped if part.is_text else shaped.astype(part.dtype, copy=False)


def structured(model: Model, tensors: list[Any]) -> Any:
    """Nest one tensor for each input as `model` takes them."""
    nesting = getattr(model, "_inputs_struct", None)
    if nesting is None and not has_graph(model):
        nesting = built_nesting(model)
    if nesting is not None:
        return keras.tree.pack_sequence_as(nesting, tensors)
    return tensors[0] if len(tensors) == 1 else tensors
