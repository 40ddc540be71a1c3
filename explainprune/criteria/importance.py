"""The verb `importance`: one criterion's scores of a model's units or weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from explainprune.criteria.scoring import OTHERS, Scores, needs_of, scores_of
from explainprune.lookup import look_up, name_of
from explainprune.types import Data, Importance, Rows


def importance(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    criterion: str | Callable[..., Any] = "taylor",
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
        (``explainprune.network.STATISTICS``), ``rng``, ``level`` or ``probe`` (a
        ``explainprune.network.Probed``); called once for each kernel. It returns an array shaped
        like the kernel (higher = keep) or one number for each unit, or a pair of such an array
        and its standard errors.
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
    found = importances(model, x, y, criteria=[criterion], level=level, target=target, seed=seed)
    return found[name_of(criterion)]


def importances(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    criteria: Iterable[str | Callable[..., Any]],
    level: str | None = None,
    target: int | None = None,
    seed: int = 0,
) -> dict[str, Importance]:
    """Score by several criteria, with one calibration pass for all of them.

    Parameters
    ----------
    model, x, y, level, target, seed
        As `importance` has them. Each criterion draws as it would alone.
    criteria : iterable of str or callable

    Returns
    -------
    dict of str to Importance
        By the criterion's name.

    Raises
    ------
    ValueError
        As `importance` does; if two criteria have the same name.
    """
    from explainprune.criteria import CRITERIA
    from explainprune.network import calibrate, probes, prunable_layers

    functions: dict[str, Callable[..., Any]] = {}
    for criterion in criteria:
        if name_of(criterion) in functions:
            raise ValueError(f"Two criteria are named {name_of(criterion)!r}.")
        functions[name_of(criterion)] = look_up(criterion, CRITERIA, "criterion")
    level = "unit" if level is None else level
    if level not in ("unit", "weight"):
        raise ValueError(f"level is 'unit' or 'weight'. Received: {level!r}.")
    x, y = _rows(x, y)
    needs = {name: needs_of(function, name) for name, function in functions.items()}
    wanted = set().union(*needs.values())
    given = calibrate(
        model, x, y, (wanted - set(OTHERS)) | {"kernel", "units", "unit_axis"}, target=target
    )
    if "probe" in wanted:
        _need_rows(x, [name for name in needs if "probe" in needs[name]])
        for path, probe in probes(model, x, y, target=target).items():
            given[path]["probe"] = probe
    layers = prunable_layers(model)
    return {
        name: _importance(model, layers, function, name, level, needs[name], given, seed)
        for name, function in functions.items()
    }


def _importance(
    model: Any,
    layers: Iterable[Any],
    function: Callable[..., Any],
    name: str,
    level: str,
    needs: set[str],
    given: dict[str, dict[str, Any]],
    seed: int,
) -> Importance:
    """Call one criterion on every kernel for which all it needs is defined."""
    rng = np.random.default_rng(seed)
    found: dict[str, Scores] = {}
    for info in layers:
        for path in info.kernels if level == "weight" else info.kernels[: info.prunable_units]:
            of_kernel = given[info.path if path == info.kernel else path]
            of_kernel = of_kernel | {"rng": rng, "level": level}
            if needs <= of_kernel.keys():
                scores = scores_of(function, name, level, needs, of_kernel)
                found[path if level == "weight" else info.path] = scores
    if not found:
        raise ValueError(
            f"Criterion {name!r} is defined for no layer of model {model.name!r} at level "
            f"{level!r}. Kinds of its layers: {_kinds(model)}."
        )
    errors = {path: error for path, (_, error) in found.items() if error is not None}
    return Importance(
        criterion=name,
        level=level,
        scores={path: values for path, (values, _) in found.items()},
        std_error=errors or None,
    )


def _need_rows(x: Any, names: list[str]) -> None:
    if x is None:
        raise ValueError(f"Calibration rows are needed for {', '.join(names)}: x is None.")


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
