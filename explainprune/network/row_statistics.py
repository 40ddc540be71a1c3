"""Statistics that need rows: chosen, checked, and run through the model."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from explainprune.network.calibration_pass import FORWARD, Pass
from explainprune.network.curvature import hessian_times_gradient
from explainprune.network.data_loss import DataLoss
from explainprune.network.feeding import feed
from explainprune.network.graph import has_graph
from explainprune.network.layers import LayerInfo
from explainprune.network.losses import predicted_classes
from explainprune.network.protocol import Model
from explainprune.network.relevance import relevances
from explainprune.network.row_means import Means
from explainprune.network.taps import Tapped, Untapped
from explainprune.network.variables import clone, uncompiled_clone, variables
from explainprune.network.weight_statistics import slot
from explainprune.types import Array
from explainprune.types.arrays import check_finite

PARTS = {
    "activation_std": ("mean_activation", "mean_square_activation"),
    "input_norm": ("mean_square_input",),
    "hessian_gradient": ("kernel_gradient",),
}
"""What a statistic is made of, where it isn't a mean itself."""

RELEVANCES = {"relevance": "zplus", "relevance_epsilon": "epsilon"}


def chosen_rows(
    model: Model, x: Any, y: Any, target: int | None
) -> tuple[list[Array], Array | None]:
    """Check rows against the model, and keep those of one class if `target` is given."""
    inputs = feed(model, x)
    if y is not None:
        y = np.asarray(y)
        check_finite(y, "y")
        if y.ndim == 0 or len(y) != len(inputs[0]):
            raise ValueError(
                f"y needs {len(inputs[0])} labels, one for each row. Received: shape={y.shape}."
            )
    return (inputs, y) if target is None else _of_class(model, inputs, y, target)


def _of_class(
    model: Model, inputs: list[Array], y: Array | None, target: int
) -> tuple[list[Array], Array | None]:
    """Keep the rows of one class."""
    classes = predicted_classes(model, inputs) if y is None else y
    if classes.ndim > 1 and classes.shape[-1] > 1:
        classes = classes.argmax(axis=-1)
    classes = classes.reshape(len(classes), -1)
    if classes.shape[1] != 1 or not np.array_equal(classes, np.round(classes)):
        raise ValueError("target= needs one class label for each row.")
    rows = np.flatnonzero(classes[:, 0] == target)
    if len(rows) == 0:
        known = ", ".join(str(int(c)) for c in np.unique(classes)[:20])
        raise ValueError(f"No row is of class target={target}. Classes of the rows: {known}.")
    return [part[rows] for part in inputs], None if y is None else y[rows]


def row_statistics(
    model: Model,
    layers: Collection[LayerInfo],
    wanted: Collection[str],
    inputs: list[Array],
    y: Array | None,
) -> Means:
    """Run the rows through the model once; again for curvature and relevance if wanted."""
    means = {part for name in wanted for part in PARTS.get(name, (name,))} - set(RELEVANCES)
    found: Means = {}
    if means:
        with_loss = bool(means - set(FORWARD))
        copy = model  # a subclassed model is run as it is; any other is taken apart, so copied
        if has_graph(model):
            copy = clone(model) if with_loss else uncompiled_clone(model)
        loss = DataLoss(copy, inputs, y) if with_loss else None
        held = variables(copy)
        ran = Tapped(copy) if has_graph(copy) else Untapped(copy)
        first = Pass(ran, held, layers, means, loss)
        found = first.run(inputs, y if with_loss else None)
        if "hessian_gradient" in wanted and loss is not None:
            kernels = {slot(i, k): held[k] for i in layers for k in i.kernels}
            gradients = {path: found[path]["kernel_gradient"] for path in kernels}
            arrays = [*inputs, *([] if y is None else [y])]
            rows = max(1, first.rows_per_call // 2)
            curved = hessian_times_gradient(ran, kernels, gradients, loss, arrays, rows)
            for path, value in curved.items():
                found[path]["hessian_gradient"] = value
    for name in RELEVANCES.keys() & set(wanted):
        if has_graph(model):
            for path, value in relevances(model, layers, inputs, RELEVANCES[name]).items():
                found.setdefault(path, {})[name] = value
    return found
