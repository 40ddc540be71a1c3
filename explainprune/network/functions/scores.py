"""Whether a model's raw outputs are class scores: what its loss says, where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explainprune.network.backend import keras
from explainprune.network.protocol import Model


def loss_of(model: Model, index: int = 0, name: str = "") -> str:
    """Return the name of the loss that a model's output was compiled with, '' if there is none.

    Parameters
    ----------
    model : keras.Model
    index : int
        Which output.
    name : str
        Its name, for losses given by name.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> model.compile("adam", "mse")
    >>> loss_of(model)
    'mean_squared_error'
    """
    return loss_name(loss_at(getattr(model, "loss", None), index, name))


def loss_at(loss: Any, index: int, name: str) -> Any:
    """Return the loss of one output: by its name, its place, or the same for all."""
    if isinstance(loss, Mapping):
        return loss.get(name)
    if isinstance(loss, (list, tuple)):
        return loss[index] if index < len(loss) else None
    return loss


def loss_name(loss: Any) -> str:
    """Return the name of what a loss computes; '' of several, of none and of unknown ones.

    >>> loss_name(keras.losses.CategoricalCrossentropy(name="mine"))
    'categorical_crossentropy'
    """
    if isinstance(loss, (Mapping, list, tuple)):
        losses = list(loss.values() if isinstance(loss, Mapping) else loss)
        loss = losses[0] if len(losses) == 1 else None
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return ""
    own = getattr(getattr(loss, "fn", None), "__name__", None) or getattr(loss, "name", None)
    return str(own or getattr(loss, "__name__", ""))


def boundary_of(model: Model, kind: str, index: int = 0, name: str = "") -> float:
    """Return from which value on an output of one unit says yes.

    Half for a probability: behind a sigmoid, or where the loss reads it as one, whatever made it.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "hard_sigmoid")])
    >>> model.compile("adam", "binary_crossentropy")
    >>> boundary_of(model, "raw")
    0.5
    """
    read = reads_logits(loss_at(getattr(model, "loss", None), index, name))
    return 0.5 if kind == "sigmoid" or read is False else 0.0


def takes_class_scores(model: Model, index: int = 0, name: str = "") -> bool:
    """Tell whether one shared number may be added to all of an output's raw values.

    True for class scores, whose softmax is in the loss, and where there is no loss to tell; False
    where the model was compiled with a loss that isn't a categorical one: the numbers of a
    regression, or the independent scores of several labels, have no free constant.
    """
    loss = loss_of(model, index, name)
    known = loss in dir(keras.losses)
    return not known or "categorical" in loss


NUMBERS = frozenset(
    ("cosine_similarity", "huber", "log_cosh", "mean_absolute_error",
     "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error",
     "poisson")
)  # fmt: skip
"""Losses of regressions, as `loss_of` names them."""


def predicts_numbers(model: Model, index: int = 0, name: str = "") -> bool:
    """Tell whether a model's output was compiled with the loss of a regression.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> model.compile("adam", keras.losses.Huber())
    >>> predicts_numbers(model)
    True
    """
    return loss_of(model, index, name) in NUMBERS


def reads_logits(loss: Any) -> bool | None:
    """Tell whether a cross-entropy reads logits, not probabilities; None of any other loss."""
    name = loss_name(loss)
    if "crossentropy" not in name or name not in dir(keras.losses):
        return None
    config = loss.get_config() if isinstance(loss, keras.Loss) else {}
    return bool(config.get("from_logits"))


def is_yes_or_no(loss: str, kind: str, linear: bool, task: str) -> bool:
    """Tell whether an output of one unit stands for two classes: "no" and "yes".

    A sigmoid does, unless it was compiled with the loss of a regression; a logit does with a
    binary loss. Where labels say what the task is, they decide.

    Parameters
    ----------
    loss : str
        As `loss_of` names it.
    kind : {"sigmoid", "softmax", "raw"}
        The end of the output.
    linear : bool
        Whether a raw output is a sum: a logit, or a number.
    task : {"classification", "regression", "unknown"}

    Examples
    --------
    >>> is_yes_or_no("", "sigmoid", False, "unknown"), is_yes_or_no("", "raw", True, "unknown")
    (True, False)
    """
    if kind == "softmax" or task == "regression":
        return False
    if task == "classification":
        return kind == "sigmoid" or linear or _binary(loss)
    known = loss in dir(keras.losses)
    return _binary(loss) or (kind == "sigmoid" and not known)


def _binary(loss: str) -> bool:
    return loss.startswith("binary") or loss in ("hinge", "squared_hinge")
