"""Statistics that need rows: chosen, checked, and run through the model."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from explainprune.network.functions.feeding import feed
from explainprune.network.functions.losses import one_class, predicted_classes
from explainprune.network.graph.nodes import has_graph
from explainprune.network.listing import LayerInfo
from explainprune.network.protocol import Model
from explainprune.network.statistics.answers import Answers, answers_of
from explainprune.network.statistics.calibration_pass import FORWARD, Pass
from explainprune.network.statistics.curvature import HessianGradient
from explainprune.network.statistics.data_loss import DataLoss
from explainprune.network.statistics.line import Line
from explainprune.network.statistics.relevance import UnitRelevance
from explainprune.network.statistics.row_means import Means
from explainprune.network.statistics.taps import Tapped, Untapped, single_precision
from explainprune.network.statistics.weight_statistics import slot
from explainprune.network.variables import clone, uncompiled_clone, variables
from explainprune.types import Array

PARTS = {
    "activation_std": ("mean_activation", "mean_square_activation"),
    "input_norm": ("mean_square_input",),
    "hessian_gradient": ("kernel_gradient",),
}
"""What a statistic is made of, where it isn't a mean itself."""

RELEVANCES = {"relevance": "zplus", "relevance_epsilon": "epsilon"}
LINES = ("line_conductance", "line_influence", "line_gap")


def checked_rows(
    model: Model, x: Any, y: Any, weight: Array | None = None
) -> tuple[list[Array], Answers]:
    """Check rows, labels and weights against the model and each other."""
    inputs = feed(model, x)
    return inputs, answers_of(model, inputs, y, weight)


def classes_of(model: Model, inputs: list[Array], answers: Answers, what: str) -> Array:
    """Return the class of each row: its label or, without labels, what the model predicts."""
    y = answers.y
    if y is not None and not isinstance(y, np.ndarray):
        raise ValueError(f"{what} needs one class label for each row. Received: several outputs'.")
    classes = predicted_classes(model, inputs) if y is None else one_class(y)
    if classes is None or classes.size != len(classes):
        raise ValueError(f"{what} needs one class label for each row.")
    return np.asarray(classes.reshape(-1), np.int64)


def rows_of_class(model: Model, inputs: list[Array], answers: Answers, target: int) -> Array:
    """Return the indices of the rows of one class."""
    classes = classes_of(model, inputs, answers, "target=")
    rows: Array = np.flatnonzero(classes == target)
    if len(rows) == 0:
        known = ", ".join(str(int(c)) for c in np.unique(classes)[:20])
        raise ValueError(f"No row is of class target={target}. Classes of the rows: {known}.")
    return rows


def taken(inputs: list[Array], answers: Answers, rows: Array | None) -> tuple[list[Array], Answers]:
    """Return some rows; None: all of them."""
    return inputs if rows is None else [part[rows] for part in inputs], answers.taken(rows)


class RowStatistics:
    """Statistics of one model that need rows, by functions that are compiled once.

    One pass over the rows; another for curvature, one for each rule of relevance, and one of many
    steps for what happens on the line from the mean input.

    Parameters
    ----------
    model : keras.Model
    layers : collection of LayerInfo
    wanted : collection of str
    inputs : list of ndarray
        Rows to learn shapes from.
    answers : Answers
        Of these rows.
    """

    def __init__(
        self,
        model: Model,
        layers: Collection[LayerInfo],
        wanted: Collection[str],
        inputs: list[Array],
        answers: Answers,
    ) -> None:
        means = {part for name in wanted for part in PARTS.get(name, (name,))}
        means -= {*RELEVANCES, *LINES}
        self._pass: Pass | None = None
        self._curvature: HessianGradient | None = None
        self._relevances: dict[str, UnitRelevance] = {}
        if means:
            self._compile(model, layers, wanted, means, inputs, answers)
        for name in RELEVANCES.keys() & set(wanted):
            if has_graph(model):
                self._relevances[name] = UnitRelevance(model, layers, RELEVANCES[name])
        asked = has_graph(model) and not set(wanted).isdisjoint(LINES)
        self._line = Line(model, layers) if asked else None

    def _compile(
        self,
        model: Model,
        layers: Collection[LayerInfo],
        wanted: Collection[str],
        means: set[str],
        inputs: list[Array],
        answers: Answers,
    ) -> None:
        with_loss = bool(means - set(FORWARD))
        copy = model  # a subclassed model is run as it is; any other is taken apart, so copied
        if has_graph(model):
            copy = single_precision(clone(model) if with_loss else uncompiled_clone(model))
        loss = DataLoss(copy, inputs, answers) if with_loss else None
        held = variables(copy)
        ran = Tapped(copy) if has_graph(copy) else Untapped(copy)
        ran.check(model, inputs)
        self._pass = Pass(ran, held, layers, means, loss)
        self._kernels = {slot(i, k): held[k] for i in layers for k in i.kernels}
        if "hessian_gradient" in wanted and loss is not None:
            self._curvature = HessianGradient(ran, self._kernels, loss)
        self._with_loss = with_loss

    def __call__(self, inputs: list[Array], answers: Answers, target: int | None = None) -> Means:
        """Run rows through the model; relevance is that of the target, or the predicted class."""
        found: Means = {}
        if self._pass is not None:
            found = self._pass.run(
                inputs, answers if self._with_loss else Answers(None, answers.weight)
            )
        if self._pass is not None and self._curvature is not None:
            gradients = {path: found[path]["kernel_gradient"] for path in self._kernels}
            rows = max(1, self._pass.rows_at_a_time // 2)
            for path, value in self._curvature(gradients, inputs, answers, rows).items():
                found[path]["hessian_gradient"] = value
        for name, relevance in self._relevances.items():
            for path, value in relevance(inputs, target, answers.weight).items():
                found.setdefault(path, {})[name] = value
        line = {} if self._line is None else self._line(inputs, target, answers.weight)
        for path, values in line.items():
            found.setdefault(path, {}).update(values)
        return found
