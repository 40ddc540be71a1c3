"""Calling a criterion: what it needs, and what its answer says of units and weights."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainprune.lookup import unknown
from explainprune.types import Array

OTHERS = ("rng", "level", "probe")
"""What a criterion may name beside statistics."""


@dataclass(frozen=True)
class Scores:
    """What a criterion says of one kernel.

    Attributes
    ----------
    values : ndarray
        Shaped like the kernel, or one for each unit.
    error : ndarray, optional
        Standard errors, of criteria that draw.
    figures : dict of str to float
        How far the scores can be trusted: a gap in what they should sum to, say.
    """

    values: Array
    error: Array | None = None
    figures: dict[str, float] = field(default_factory=dict)


def needs_of(function: Callable[..., Any], name: str) -> set[str]:
    """Return what a criterion's parameters name; further parameters must have defaults."""
    from explainprune.network import STATISTICS

    needs = set()
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in STATISTICS or parameter.name in OTHERS:
            needs.add(parameter.name)
        elif parameter.default is parameter.empty:
            known = [*STATISTICS, *OTHERS]
            raise unknown(f"statistic that criterion {name!r} asks for", parameter.name, known)
    return needs


def scores_of(
    function: Callable[..., Any], name: str, level: str, needs: set[str], given: Mapping[str, Any]
) -> Scores:
    """Call the criterion on one kernel, and sum over a unit's incoming weights where needed.

    Raises
    ------
    ValueError
        If it returns another shape than the kernel's or the units', or scores units where weights
        are asked for.
    """
    answer = function(**{key: given[key] for key in needs})
    values, error, figures = (
        (*answer, None, {})[:3] if isinstance(answer, tuple) else (answer, None, {})
    )
    values = np.asarray(values)
    shape, units, axis = given["kernel"].shape, given["units"], given["unit_axis"]
    if values.shape not in (shape, (units,)):
        raise ValueError(
            f"Criterion {name!r} returned shape {values.shape} for a kernel of shape {shape} with "
            f"{units} units: expected {shape} or ({units},)."
        )
    if error is not None and np.shape(error) != values.shape:
        raise ValueError(
            f"Criterion {name!r} returned standard errors of shape {np.shape(error)} for scores of "
            f"shape {values.shape}."
        )
    error = None if error is None else np.asarray(error)
    if level == "weight" and values.shape != shape:
        raise ValueError(f"Criterion {name!r} scores units only. Ask for level='unit'.")
    if level == "weight" or values.shape == (units,):
        return Scores(values, error, figures)
    others = tuple(i for i in range(len(shape)) if i != axis)
    # Errors of weights that were drawn apart add up as variances do.
    summed = None if error is None else np.sqrt((error**2).sum(axis=others))
    return Scores(np.asarray(values.sum(axis=others)), summed, figures)
