"""Scores of one model by several criteria, over all rows or some, compiled once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from explainprune.criteria.registry import CRITERIA
from explainprune.criteria.scoring import OTHERS, Scores, needs_of, scores_of
from explainprune.lookup import look_up, name_of
from explainprune.network.files.columns import by_columns
from explainprune.network.functions.as_read import columns_as_inputs
from explainprune.network.graph.nodes import has_graph
from explainprune.types import Array, Data, Importance, Rows
from explainprune.types.loaders import is_loader, read_loader
from explainprune.types.matching import check_index

LEVELS = ("unit", "weight")

HELD = (
    *("kernel", "kernel_gradient", "kernel_gradient_squared", "hessian_gradient"),
    *("synaptic_flow", "unit_axis", "units"),
)
"""Statistics that are known of the units of a layer inside another: its kernels', not what runs
through it."""


class Scorer:
    """One model, its rows and some criteria.

    Parameters
    ----------
    model : keras.Model
    x, y : as `importance` has them
        None for criteria that look at weights only.
    criteria : iterable of str or callable
    level : str
    seed : int
        Each criterion draws as it would alone.
    weight : ndarray (n,), optional
        How much each row counts.

    Raises
    ------
    ValueError
        If a criterion is unknown, two have the same name, or rows don't fit the model.
    """

    def __init__(
        self,
        model: Any,
        x: Any,
        y: Any,
        criteria: Iterable[str | Callable[..., Any]],
        level: str = "unit",
        seed: int = 0,
        weight: Array | None = None,
    ) -> None:
        from explainprune.network import (
            Calibration,
            check_weights,
            learn_inputs,
            probes,
            prunable_layers,
        )

        if level not in LEVELS:
            raise ValueError(f"level is 'unit' or 'weight'. Received: {level!r}.")
        check_weights(model)
        self.model, self.level, self.seed = model, level, seed
        self._rows = x, y
        self._functions = _functions(criteria)
        self._needs = {name: needs_of(function, name) for name, function in self._functions.items()}
        if x is not None:
            learn_inputs(model, x)
        self._layers = prunable_layers(model)
        wanted = set().union(*self._needs.values())
        statistics = (wanted - set(OTHERS)) | {"kernel", "units", "unit_axis"}
        with self._refusing():
            self._calibration = Calibration(model, x, y, statistics, weight)
        self._probes = {}
        if "probe" in wanted:
            _need_rows(x, [name for name, needs in self._needs.items() if "probe" in needs])
            self._probes = probes(model, x, y, weight=weight)

    def __call__(
        self, rows: Array | None = None, target: int | None = None
    ) -> dict[str, Importance]:
        """Score on some of the rows (by index; None: all), for one class's logit or each row's own.

        Raises
        ------
        ValueError
            If a criterion is defined for no layer, or scores units only where weights are asked
            for.
        """
        with self._refusing():
            given: dict[str, dict[str, Any]] = dict(self._calibration(rows, target))
            for path, probe in self._probes.items():
                given[path]["probe"] = probe.on(rows, target)
            return {name: self._importance(name, given) for name in self._functions}

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Say of which criterion a layer gets no gradient, and which one needs none."""
        from explainprune.network.statistics.reached import NoWayBack

        try:
            yield
        except NoWayBack as error:
            raise ValueError(f"{', '.join(self._functions)}: {error} {self._instead()}") from None

    def _instead(self) -> str:
        """Recommend a criterion that scores this model without gradients."""
        for name in ("ablation", "magnitude"):
            try:
                Scorer(self.model, *self._rows, [name], self.level)(np.arange(1))
            except (ValueError, TypeError):
                continue
            return f"Use criterion={name!r}, which needs none: it was tried, and works."
        return "No criterion that needs none works on it either."

    def _importance(self, name: str, given: dict[str, dict[str, Any]]) -> Importance:
        """Call one criterion on every kernel for which all it needs is defined."""
        function, needs = self._functions[name], self._needs[name]
        rng = np.random.default_rng(self.seed)
        found: dict[str, Scores] = {}
        by_weight = self.level == "weight"
        for info in self._layers:
            for path in info.kernels if by_weight else info.kernels[: info.prunable_units]:
                of_kernel = given[info.path if path == info.kernel else path]
                of_kernel = of_kernel | {"rng": rng, "level": self.level}
                if needs <= of_kernel.keys():
                    scores = scores_of(function, name, self.level, needs, of_kernel)
                    found[path if by_weight else info.path] = scores
        for info in self._layers if not by_weight and needs <= {*HELD, *OTHERS} else ():
            if info.held:  # last, so that what is drawn for the others doesn't hang on them
                held = [given[info.path if p == info.kernel else p] for p in info.kernels]
                of_layer = {**_together(info, held), "rng": rng, "level": self.level}
                if needs <= of_layer.keys():
                    found[info.path] = scores_of(function, name, self.level, needs, of_layer)
        if not found:
            why = f"Kinds of its layers: {_kinds(self.model)}."
            if not has_graph(self.model):
                why = "It is subclassed, its layer graph is Python code: ask for level='weight'."
            raise ValueError(
                f"Criterion {name!r} is defined for no layer of model {self.model.name!r} at level "
                f"{self.level!r}. {why}"
            )
        errors = {path: each.error for path, each in found.items() if each.error is not None}
        return Importance(
            criterion=name,
            level=self.level,
            scores={path: each.values for path, each in found.items()},
            std_error=errors or None,
            figures={path: each.figures for path, each in found.items() if each.figures},
        )


def calibration_rows(model: Any, x: Any, y: Any = None) -> tuple[Any, Any, Any, Any]:
    """Take inputs, labels, groups and weights from a Data (what may be learned from) or Rows.

    Labels of several outputs are a dict. Pairs (x, y) and (x, y, weight) are taken, too, and what
    yields batches of them.
    """
    if is_loader(x):
        x = read_loader(x)
        x = x if len(x) > 1 else x[0]
    if isinstance(x, Data):
        x = columns_as_inputs(model, by_columns(model, x)).learnable
    if isinstance(x, Rows):
        own = x.y if x.by_output is None else x.by_output
        return x.x, own if y is None else y, x.group, x.weight
    weight = None
    if isinstance(x, tuple) and len(x) in (2, 3) and y is None:
        x, y, weight = (*x, None)[:3]
    for what, values in (("y", y), ("weight", weight)):
        check_index(x, values, what)
    return by_columns(model, x), y, None, weight


def _together(info: Any, held: list[dict[str, Any]]) -> dict[str, Any]:
    """Lay out all of a held layer's kernels, and what is known of them, beside its units."""
    from explainprune.network.listing import as_units

    shared = set(HELD[:-2]).intersection(*held)
    found: dict[str, Any] = {
        name: np.vstack([as_units(info, np.asarray(each[name])) for each in held])
        for name in shared
    }
    return {**found, "unit_axis": 1, "units": info.held}


def scores_units_of(criterion: Any, info: Any) -> bool:
    """Tell whether a criterion can score the units of a layer inside another.

    Parameters
    ----------
    criterion : str, callable or Importance
    info : LayerInfo
        Other layers than those with `held` units are not asked about: True.
    """
    if not info.held:
        return True
    if isinstance(criterion, Importance):
        return info.path in criterion.scores
    function = look_up(criterion, CRITERIA, "criterion")
    return needs_of(function, name_of(criterion)) <= {*HELD, "rng", "level"}


def _functions(criteria: Iterable[str | Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    functions: dict[str, Callable[..., Any]] = {}
    for criterion in criteria:
        if name_of(criterion) in functions:
            raise ValueError(f"Two criteria are named {name_of(criterion)!r}.")
        functions[name_of(criterion)] = look_up(criterion, CRITERIA, "criterion")
    return functions


def _need_rows(x: Any, names: list[str]) -> None:
    if x is None:
        raise ValueError(f"Calibration rows are needed for {', '.join(names)}: x is None.")


def _kinds(model: Any) -> str:
    from explainprune.network.listing import layers

    return ", ".join(dict.fromkeys(info.kind for info in layers(model))) or "none"
