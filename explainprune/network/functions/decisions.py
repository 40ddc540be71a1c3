"""What outputs decide: a class, several answers of yes or no, or nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from explainprune.network.functions.scores import boundary_of, loss_of, predicts_numbers
from explainprune.types import Array, Data


def decided(network: Any, outputs: Array, data: Data | None, *, logits: bool) -> Array | None:
    """Return what is decided for each row, all outputs side by side; None where nothing is.

    Of class scores it is the largest. Several sigmoids each say yes or no, unless labels say that
    one class is right. The numbers of a regression decide nothing: labels tell them, or the loss.

    Parameters
    ----------
    network : KerasNetwork
        Made without a task.
    outputs : ndarray (n, numbers)
        Of all outputs, laid flat.
    data : Data, optional
        Whose labels say the task.
    logits : bool
        Whether outputs are those before a final softmax or sigmoid.
    """
    task = "unknown" if data is None else data.task
    one_class = data is not None and data.y is not None and data.y.ndim == 1
    found, start = [], 0
    for index, shape in enumerate(network.output_shapes):
        size = math.prod(shape)
        part, start = outputs[:, start : start + size].reshape(-1, *shape), start + size
        end, which = network.ends[index], (network.model, index, network.output_names[index])
        numbers = predicts_numbers(*which)
        if task == "regression" or (numbers and (end == "raw" or task == "unknown")):
            continue
        several, answers = bool(shape) and shape[-1] > 1, says_yes_or_no(end, loss_of(*which))
        if several and (one_class or not answers):
            found.append(part.argmax(axis=-1).reshape(len(part), -1))
        elif answers or (task == "classification" and not several):
            through = logits and end == "sigmoid"
            edge = 0.0 if through else boundary_of(which[0], end, *which[1:])
            found.append((part > edge).reshape(len(part), -1).astype(np.int64))
    return np.concatenate(found, axis=1) if found else None


def says_yes_or_no(end: str, loss: str) -> bool:
    """Whether each number of an output is an answer of its own, by its end or its loss."""
    return end == "sigmoid" or (end == "raw" and loss.startswith("binary"))


def answers_apart(network: Any) -> bool:
    """Whether a network has one output of several numbers that each say yes or no."""
    shapes: Any = getattr(network, "output_shapes", ())
    ends: Any = getattr(network, "ends", ())
    if len(ends) != 1 or network.yes_or_no or not shapes[0] or shapes[0][-1] < 2:
        return False
    return says_yes_or_no(ends[0], loss_of(network.model))
