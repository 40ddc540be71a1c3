"""The verb `importance`: one criterion's scores of a model's units or weights."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from explainprune.lookup import look_up, name_of, unknown
from explainprune.types import Array, Data, Importance, Rows


def importance(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    criterion: str | Callable[..., Array] = "taylor",
    level: str | None = None,
    target: int | None = None,
    seed: int = 0,
) -> Importance:
    """Score the units or weights of every prunable layer by one criterion.

    A criterion that gives each weight a score gives a unit the sum over its incoming weights.

    Parameters
    ----------
    model : keras.Model
    x : ndarray (n, ...), dict, Data or Rows, optional
        Calibration rows; of a `Data`, those that may be learned from. Criteria that look at
        weights only need none.
    y : ndarray (n,), optional
        Labels. Without them the loss is taken against the class that the model predicts.
    criterion : str or callable
        A name in `CRITERIA`, or a function whose parameters are named after statistics
        (``explainprune.network.STATISTICS``), ``rng`` or ``level``; called once for each kernel. It
        returns an array shaped like the kernel (higher = keep), or one number for each unit.
    level : str, optional
        ``"unit"`` (the default) or ``"weight"``.
    target : int, optional
        Only rows of this class count.
    seed : int
        Of criteria that draw random numbers.

    Returns
    -------
    Importance
        Unit scores by layer path, weight scores by variable path. Layers for which the criterion
        isn't defined are left out.

    Raises
    ------
    ValueError
        If the criterion is unknown, scores units only where weights are asked for, or is defined
        for no layer; if rows don't fit the model.
    """
    from explainprune.criteria import CRITERIA
    from explainprune.network import calibrate, prunable_layers

    function, name = look_up(criterion, CRITERIA, "criterion"), name_of(criterion)
    level = "unit" if level is None else level
    if level not in ("unit", "weight"):
        raise ValueError(f"level is 'unit' or 'weight'. Received: {level!r}.")
    x, y = _rows(x, y)
    needs = needs_of(function, name)
    wanted = (needs - {"rng", "level"}) | {"kernel", "units", "unit_axis"}
    statistics = calibrate(model, x, y, wanted, target=target, seed=seed)
    rng = np.random.default_rng(seed)
    scores: dict[str, Array] = {}
    for info in prunable_layers(model):
        for path in info.kernels if level == "weight" else info.kernels[: info.prunable_units]:
            given = statistics[info.path if path == info.kernel else path]
            given = given | {"rng": rng, "level": level}
            if needs <= given.keys():
                values = _scores(function, name, level, needs, given)
                scores[path if level == "weight" else info.path] = values
    if not scores:
        raise ValueError(
            f"Criterion {name!r} is defined for no layer of model {model.name!r} at level "
            f"{level!r}. Kinds of its layers: {_kinds(model)}."
        )
    return Importance(criterion=name, level=level, scores=scores)


def needs_of(function: Callable[..., Array], name: str) -> set[str]:
    """Return the statistics that a criterion's parameters name; others may have defaults."""
    from explainprune.network import STATISTICS

    needs = set()
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in STATISTICS or parameter.name in ("rng", "level"):
            needs.add(parameter.name)
        elif parameter.default is parameter.empty:
            raise unknown(f"statistic that criterion {name!r} asks for", parameter.name, STATISTICS)
    return needs


def _scores(
    function: Callable[..., Array],
    name: str,
    level: str,
    needs: set[str],
    given: dict[str, Any],
) -> Array:
    """Call the criterion on one kernel, and sum over a unit's incoming weights where needed."""
    values = np.asarray(function(**{key: given[key] for key in needs}))
    shape, units, axis = given["kernel"].shape, given["units"], given["unit_axis"]
    if values.shape == shape:
        if level == "weight":
            return values
        return np.asarray(values.sum(axis=tuple(i for i in range(len(shape)) if i != axis)))
    if values.shape != (units,):
        raise ValueError(
            f"Criterion {name!r} returned shape {values.shape} for a kernel of shape {shape} with "
            f"{units} units: expected {shape} or ({units},)."
        )
    if level == "weight":
        raise ValueError(f"Criterion {name!r} scores units only. Ask for level='unit'.")
    return values


def _rows(x: Any, y: Any) -> tuple[Any, Any]:
    """Take rows from a Data, a Rows, a pair or bare arrays."""
    if isinstance(x, Data):
        x = x.learnable
    if isinstance(x, Rows):
        return x.x, x.y if y is None else y
    if isinstance(x, tuple) and len(x) == 2 and y is None:
        return x
    return x, y


def _kinds(model: Any) -> str:
    from explainprune.network.layers import layers

    return ", ".join(dict.fromkeys(info.kind for info in layers(model))) or "none"
