"""From a model with silent units to one without them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from explainprune.network.masking import apply_masks
from explainprune.network.protocol import Model
from explainprune.network.shrinking.deciding import plan_removal
from explainprune.network.shrinking.observing import observe
from explainprune.network.shrinking.plan import Plan
from explainprune.network.shrinking.rebuild import rebuild
from explainprune.network.shrinking.tracing import refuse, trace_model
from explainprune.network.soundness import check_weights
from explainprune.network.variables import check_paths, compile_like, variables
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Smaller:
    """A model rebuilt without its silent units.

    Attributes
    ----------
    model : keras.Model
    masked : callable
        Returns what it must agree with: the model given, its masked entries zero.
    plan : Plan
    folds : bool
        Whether a constant other than zero moved into a bias.
    calibrated : bool
        Whether a unit went that is only known to be constant on the calibration rows.
    """

    model: Model
    masked: Callable[[], Model]
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
    masks = masks or {}
    _check(model, masks)
    held = variables(model)
    silences = any(held[path].numpy()[~np.asarray(mask)].any() for path, mask in masks.items())

    @cache
    def masked() -> Model:
        # The plan is made of the graph and masked arrays. Only to run on rows must the masks be in
        # a model, and the caller's stays as it is: a copy, unless the entries are zero already.
        return apply_masks(model, masks) if silences else model

    traced = trace_model(model, {id(held[path]): np.asarray(m) for path, m in masks.items()})
    plan, calibrated = plan_removal(traced), False
    if calibration is not None:
        seen = plan_removal(traced, observe(masked(), traced, calibration))
        if sum(seen.removed.values()) > sum(plan.removed.values()):
            plan, calibrated = seen, True
    smaller, folds = rebuild(model, plan)
    if getattr(model, "compiled", False):
        compile_like(smaller, model)
    return Smaller(smaller, masked, plan, folds, calibrated)


def _check(model: Model, masks: Mapping[str, Array]) -> None:
    """Raise unless every mask is boolean and fits a variable."""
    for path, mask in masks.items():
        if np.asarray(mask).dtype != np.bool_:
            raise TypeError(
                f"A mask is boolean, True = keep. Received: {path!r} with "
                f"dtype={np.asarray(mask).dtype}."
            )
    check_paths(model, masks, "mask")
