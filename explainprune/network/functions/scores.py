"""Whether a model's raw outputs are class scores: what its loss says, where it has one."""

from __future__ import annotations

from collections.abc import Mapping

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
    loss = getattr(model, "loss", None)
    if isinstance(loss, Mapping):
        loss = loss.get(name)
    elif isinstance(loss, (list, tuple)):
        loss = loss[index] if index < len(loss) else None
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return ""
    return str(getattr(loss, "name", None) or getattr(loss, "__name__", ""))


def takes_class_scores(model: Model, index: int = 0, name: str = "") -> bool:
    """Tell whether one shared number may be added to all of an output's raw values.

    True for class scores, whose softmax is in the loss, and where there is no loss to tell; False
    where the model was compiled with a loss that isn't a categorical one: the numbers of a
    regression, or the independent scores of several labels, have no free constant.
    """
    loss = loss_of(model, index, name)
    known = loss.removesuffix("_loss") in dir(keras.losses)
    return not known or "categorical" in loss


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
    known = loss.removesuffix("_loss") in dir(keras.losses)
    return _binary(loss) or (kind == "sigmoid" and not known)


def _binary(loss: str) -> bool:
    return loss.startswith("binary") or loss in ("hinge", "squared_hinge")
