"""Rows as a model reads them: checked, in its order, shapes and dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.network.backend import keras
from explainprune.network.functions.inputs import as_parts, flattened
from explainprune.network.functions.signature import signature_of
from explainprune.network.protocol import Model
from explainprune.network.wiring.graph import has_graph
from explainprune.types import Array
from explainprune.types.arrays import check_finite, frozen_inputs, n_rows


def feed(model: Model, x: Any) -> list[Array]:
    """Return one array for each input of `model`, in its order, shaped and typed as it reads them.

    Rows laid flat are given the shape that the model reads.

    Raises
    ------
    ValueError
        If there are no rows, NaN or infinite values, another number of inputs, features or axes
        than the model reads, or inputs that differ in their number of rows.
    """
    x = frozen_inputs(x)
    if n_rows(x) == 0:
        raise ValueError("x needs at least one row. Received: 0 rows.")
    check_finite(x, "x")
    if not has_graph(model):
        return [np.asarray(part) for part in (x.values() if isinstance(x, dict) else [x])]
    parts = signature_of(model, x).parts
    return [
        flattened(values, part).reshape(len(values), *part.shape).astype(part.dtype, copy=False)
        for values, part in zip(as_parts(x, parts), parts, strict=True)
    ]


def structured(model: Model, tensors: list[Any]) -> Any:
    """Nest one tensor for each input as `model` takes them."""
    nesting = getattr(model, "_inputs_struct", None)
    if nesting is not None:
        return keras.tree.pack_sequence_as(nesting, tensors)
    return tensors[0] if len(tensors) == 1 else tensors
