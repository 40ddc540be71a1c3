"""Masks put on a model, and held there while it is trained."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from explainprune.network.backend import tf
from explainprune.network.protocol import Model
from explainprune.network.variables import check_paths, variables, with_weights
from explainprune.types import Array


def apply_masks(model: Model, masks: Mapping[str, Array]) -> Model:
    """Return a clone of `model` whose masked entries are zero.

    Parameters
    ----------
    model : keras.Model
    masks : Masks or mapping of str to ndarray of bool
        By variable path; True = keep.

    Raises
    ------
    ValueError
        If a path is unknown, or a mask's shape is not its variable's.
    """
    check_paths(model, masks, "mask")
    held = variables(model)
    return with_weights(
        model, {path: np.where(mask, held[path].numpy(), 0) for path, mask in masks.items()}
    )


class Holder:
    """Sets masked entries to zero. Call it after every optimizer step of a training loop.

    ``after_step()`` works on the model it was made for; ``after_step(other)`` on another of the
    same variables, such as a clone that a recipe trains in its place. It may be called eagerly or
    inside a ``tf.function``.

    Attributes
    ----------
    masks : dict of str to ndarray of bool
    """

    def __init__(self, model: Model, masks: Mapping[str, Array]) -> None:
        check_paths(model, masks, "mask")
        self.masks = {path: np.asarray(mask) for path, mask in masks.items()}
        self._model = model
        self._bound: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    def __call__(self, model: Model | None = None) -> None:
        """Set the masked entries of `model` (None: the one it was made for) to zero."""
        for variable, mask in self._pairs(self._model if model is None else model):
            _silence(variable, mask)

    def _pairs(self, model: Model) -> list[tuple[Any, Any]]:
        if model not in self._bound:
            check_paths(model, self.masks, "mask")
            held = variables(model)
            self._bound[model] = [(held[path], mask) for path, mask in self.masks.items()]
        pairs: list[tuple[Any, Any]] = self._bound[model]
        return pairs


class HeldMasks:
    """Masks of one model that can be replaced without compiling anything anew.

    Parameters
    ----------
    model : keras.Model
    paths : iterable of str
        Variables that may be masked; nothing is, until `set`.
    """

    def __init__(self, model: Model, paths: Iterable[str]) -> None:
        held = variables(model)
        self._held = {path: held[path] for path in paths}
        self._masks = {
            path: tf.Variable(tf.ones(variable.shape, tf.bool), trainable=False)
            for path, variable in self._held.items()
        }

    @property
    def paths(self) -> set[str]:
        """The variables that may be masked."""
        return set(self._held)

    def set(self, masks: Mapping[str, Array]) -> None:
        """Replace all masks; variables that `masks` doesn't name are kept whole."""
        for path, variable in self._masks.items():
            variable.assign(masks[path] if path in masks else tf.ones(variable.shape, tf.bool))

    def hold(self) -> None:
        """Set masked entries to zero."""
        for path, variable in self._held.items():
            _silence(variable, self._masks[path])


def _silence(variable: Any, mask: Any) -> None:
    """Set a variable's masked entries to zero."""
    # A product would keep NaN and turn negative weights into −0.
    variable.assign(tf.where(mask, variable, tf.zeros_like(variable)))


def holder(model: Model, masks: Mapping[str, Array]) -> Holder:
    """Return the `after_step` that a recipe calls after each optimizer step.

    Weights are then exactly zero where their mask is False, whatever the optimizer's slots hold.

    Raises
    ------
    ValueError
        If a path is unknown, or a mask's shape is not its variable's.
    """
    return Holder(model, masks)
