"""What methods aim at, computed without them: long sums over a bare compiled model."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from peers.limit import forward_of, gradient_of

Array = Any
BATCH = 512


def _in_batches(function: Any, *arrays: Array) -> Array:
    return np.concatenate(
        [
            function(*(tf.constant(array[at : at + BATCH]) for array in arrays)).numpy()
            for at in range(0, len(arrays[0]), BATCH)
        ]
    )


def expected_gradients(case: Any, background: Array, places: int) -> Array:
    """Integrate from every background row by the midpoint rule with so many places."""
    function = gradient_of(case.model)
    t = ((np.arange(places) + 0.5) / places).astype(np.float32)
    t = t.reshape(-1, *[1] * background[0].ndim)
    values = np.zeros(case.x.shape)
    for own, row, target in zip(values, case.x, case.targets, strict=True):
        for start in background:
            points = start + t * (row - start)
            targets = np.full(places, target, np.int32)
            slopes = _in_batches(function, points, targets)
            own += (row - start) * slopes.mean(axis=0, dtype=np.float64)
    return values / len(background)


def smoothgrad(case: Any, noise: float, copies: int) -> Array:
    """Average gradients over so many noisy copies."""
    function, rng = gradient_of(case.model), np.random.default_rng(99)
    values = []
    for row, target in zip(case.x, case.targets, strict=True):
        away = rng.standard_normal((copies, *row.shape), dtype=np.float32) * noise
        slopes = _in_batches(function, row + away, np.full(copies, target, np.int32))
        values.append(slopes.mean(axis=0, dtype=np.float64))
    return np.array(values)


def shapley(case: Any, background: Array, orders: int) -> Array:
    """Average what players add in so many random orders and their reverses: (n, players).

    Each background row has orders of its own.
    """
    function, rng = forward_of(case.model), np.random.default_rng(98)
    size = int(np.prod(case.x.shape[1:]))
    players = np.arange(size) if case.players is None else case.players.ravel()
    count = int(players.max()) + 1
    values = np.zeros((len(case.x), count))
    for own, row, target in zip(values, case.x, case.targets, strict=True):
        for start in background:
            rank = rng.random((orders, count)).argsort(axis=1)
            rank = np.concatenate([rank, count - 1 - rank])
            inside = rank[:, None, players] < np.arange(count + 1)[:, None]
            mixed = np.where(inside.reshape(-1, *row.shape), row, start)
            worth = _in_batches(function, mixed)[:, target].astype(np.float64)
            gains = np.diff(worth.reshape(len(rank), count + 1), axis=1)
            own += np.take_along_axis(gains, rank, axis=1).mean(axis=0)
    return values / len(background)


def relative_error(values: Array, truth: Array) -> float:
    """Return the root mean square error over that of the truth."""
    away = np.asarray(values, np.float64).reshape(truth.shape) - truth
    return float(np.sqrt((away**2).mean() / (truth**2).mean()))


def relative_difference(values: Array, other: Array) -> float:
    """Return the largest difference over the largest value."""
    other = np.asarray(other, np.float64)
    away = np.asarray(values, np.float64).reshape(other.shape) - other
    return float(np.abs(away).max() / np.abs(other).max())
