"""Exact Shapley values by enumerating all coalitions of up to twelve inputs of a Keras model."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial
from typing import Any

import numpy as np

Array = Any


def enumerated(function: Callable[[Array], Array], x: Array, background: Array) -> Array:
    """Return interventional Shapley values of flat rows: (n, d, outputs).

    phi_i = sum over S without i of |S|! (d - |S| - 1)! / d! (v(S with i) - v(S)), where v(S) is
    the mean output over the background with the features of S taken from the sample.
    """
    n, d = x.shape
    masks = (np.arange(2**d)[:, None] >> np.arange(d) & 1).astype(bool)
    mixed = np.where(masks[:, None, None], x[:, None], background)  # (2^d, n, b, d)
    outputs = function(mixed.reshape(-1, d)).astype(np.float64)
    worth = outputs.reshape(len(masks), n, len(background), -1).mean(axis=2)
    size = masks.sum(axis=1)
    present = np.array([factorial(max(s - 1, 0)) * factorial(d - s) for s in range(d + 1)])
    absent = np.array([factorial(s) * factorial(max(d - s - 1, 0)) for s in range(d + 1)])
    weight = np.where(masks, present[size][:, None], -absent[size][:, None]) / factorial(d)
    return np.einsum("md,mnk->ndk", weight, worth)


def flat(rows: Array | dict[str, Array]) -> Array:
    """Lay the inputs of each row side by side."""
    parts = rows.values() if isinstance(rows, dict) else [rows]
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


def as_function(model: Any, like: Array | dict[str, Array]) -> Callable[[Array], Array]:
    """Return a model as a function of flat rows, its outputs side by side."""

    def function(rows: Array) -> Array:
        found, at = [], 0
        for part in like.values() if isinstance(like, dict) else [like]:
            width = int(np.prod(part.shape[1:]))
            found.append(rows[:, at : at + width].reshape(-1, *part.shape[1:]))
            at += width
        given = dict(zip(like, found, strict=True)) if isinstance(like, dict) else found[0]
        outputs = model.predict(given, batch_size=8192, verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        return np.concatenate([each.reshape(len(each), -1) for each in outputs], axis=1)

    return function
