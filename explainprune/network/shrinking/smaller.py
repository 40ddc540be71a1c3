"""From a model with silent units to one without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.network.protocol import Model
from explainprune.network.shrinking.deciding import plan_groups, plan_removal
from explainprune.network.shrinking.observing import observe
from explainprune.network.shrinking.plan import Plan
from explainprune.network.shrinking.rebuild import rebuild
from explainprune.network.shrinking.tracing import Traced, refuse, trace_model
from explainprune.network.soundness import check_weights
from explainprune.network.variables import (
    check_paths,
    compile_like,
    variables,
)
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Smaller:
    """A model rebuilt without its silent units.

    Attributes
    ----------
    model : keras.Model
    masked : keras.Model
        What it must agree with: the model given, its masked entries zero.
    plan : Plan
    folds : bool
        Whether a constant other than zero moved into a bias.
    calibrated : bool
        Whether a unit went that is only known to be constant on the calibration rows.
    """

    model: Model
    masked: Model
    plan: Plan
    folds: bool
    calibrated: bool


def make_smaller(
    model: Model, *, masks: Mapping[str, Array] | None = None, calibration: Any = None
) -> Smaller:
    """Rebuild `model` without the units that nothing reads or that are constant.

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional; left untouched.
    masks : mapping of str to ndarray of bool, optional
        By variable path, True = keep; entries that are not kept count as zero.
    calibration : ndarray or dict, optional
        Rows on which units may be seen to be constant.

    Raises
    ------
    TypeError, ValueError
        If the model cannot be shrunk, a mask does not fit, or a weight is not a finite number.
    """
    refuse(model)
    check_weights(model)
    masked = model if not masks else _masked(model, masks)
    traced = trace_model(masked)
    plan, calibrated = _plan(masked, traced, calibration)
    smaller, folds = rebuild(masked, plan)
    if getattr(model, "compiled", False):
        compile_like(smaller, model)
    return Smaller(smaller, masked, plan, folds, calibrated)


def _plan(masked: Model, traced: Traced, calibration: Any) -> tuple[Plan, bool]:
    plan = plan_removal(traced)
    if calibration is None:
        return plan, False
    seen = plan_removal(traced, observe(masked, traced, calibration))
    if sum(seen.removed.values()) <= sum(plan.removed.values()):
        return plan, False
    return seen, True


def _masked(model: Model, masks: Mapping[str, Array]) -> Model:
    for path, mask in masks.items():
        if np.asarray(mask).dtype != np.bool_:
            raise TypeError(
                f"A mask is boolean, True = keep. Received: {path!r} with "
                f"dtype={np.asarray(mask).dtype}."
            )
    check_paths(model, masks, "mask")
    held = variables(model)
    by_id = {id(held[path]): np.asarray(mask) for path, mask in masks.items()}
    graph = trace_model(model, by_id)
    return rebuild(model, plan_groups(graph, np.zeros(0, dtype=int)))[0]
