"""Sets of features, numbered, so that an array of numbers says for each place what it hangs on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainprune.types import Array

Members = frozenset[int]
NOTHING = 0
"""The number of the empty mark: a constant."""


@dataclass(frozen=True)
class Mark:
    """What one number in a graph hangs on.

    Attributes
    ----------
    on : frozenset of int
        Features that its value depends on.
    by : frozenset of int
        Those of them that a way back reaches.
    cut : frozenset of (int, int)
        Features one of whose ways ends, each with the number of the place where it does.
    """

    on: Members = frozenset()
    by: Members = frozenset()
    cut: frozenset[tuple[int, int]] = frozenset()


class Marks:
    """All marks of one graph, each once, by number."""

    def __init__(self) -> None:
        self.all = [Mark()]
        self._numbers = {self.all[0]: 0}
        self._joined: dict[frozenset[int], int] = {}
        self._stopped: dict[tuple[int, int], int] = {}

    def number(self, mark: Mark) -> int:
        """Return the number of a mark."""
        if mark not in self._numbers:
            self._numbers[mark] = len(self.all)
            self.all.append(mark)
        return self._numbers[mark]

    def single(self, feature: int) -> int:
        """Return the mark of one feature itself."""
        own = frozenset((feature,))
        return self.number(Mark(own, own))

    def join(self, numbers: Iterable[int]) -> int:
        """Return the mark of what hangs on all of these."""
        key = frozenset(int(number) for number in numbers) - {NOTHING}
        if len(key) < 2:
            return next(iter(key), NOTHING)
        if key not in self._joined:
            held = [self.all[number] for number in key]
            self._joined[key] = self.number(
                Mark(*(frozenset().union(*parts) for parts in _columns(held)))
            )
        return self._joined[key]

    def stop(self, number: int, place: int) -> int:
        """Return a mark behind a place that no way back passes."""
        mark = self.all[number]
        if not mark.by:
            return number
        if (number, place) not in self._stopped:
            ended = frozenset((feature, place) for feature in mark.by)
            self._stopped[number, place] = self.number(Mark(mark.on, cut=mark.cut | ended))
        return self._stopped[number, place]

    def jump(self, number: int, place: int) -> int:
        """Return a mark behind a place that a way back passes, missing its jumps."""
        mark = self.all[number]
        cut = mark.cut | {(feature, place) for feature in mark.by}
        return self.number(Mark(mark.on, mark.by, cut))

    def map(self, array: Array, change: Any) -> Array:
        """Apply a function of a mark's number to each place; a single mark stays a view."""
        if array.size and not any(array.strides):
            return np.broadcast_to(np.int32(change(int(array.flat[0]))), array.shape)
        known, where = np.unique(array, return_inverse=True)
        changed = np.array([change(int(number)) for number in known], dtype=np.int32)
        return changed[where].reshape(array.shape)

    def beside(self, arrays: list[Array]) -> Array:
        """Join marks place by place, as element-wise operations broadcast them."""
        first, *others = arrays
        for other in others:
            first = self._pair(*np.broadcast_arrays(first, other))
        return first

    def _pair(self, a: Array, b: Array) -> Array:
        if a.size and not any((*a.strides, *b.strides)):
            joined = self.join((a.flat[0], b.flat[0]))
            return np.broadcast_to(np.int32(joined), a.shape)
        pairs = np.stack([a.ravel(), b.ravel()])
        known, where = np.unique(pairs, axis=1, return_inverse=True)
        each: Array = np.array([self.join(pair) for pair in known.T], dtype=np.int32)
        return each[where.ravel()].reshape(a.shape)

    def along(self, array: Array, axes: tuple[int, ...], keep: bool) -> Array:
        """Join marks along some axes."""
        kept = [axis for axis in range(array.ndim) if axis not in axes]
        rows = np.transpose(array, (*kept, *axes)).reshape(
            int(np.prod([array.shape[axis] for axis in kept])), -1
        )
        joined: Array = np.array([self.join(np.unique(row)) for row in rows], dtype=np.int32)
        shape = [1 if axis in axes else size for axis, size in enumerate(array.shape)]
        return joined.reshape(shape if keep else [array.shape[axis] for axis in kept])

    def whole(self, arrays: Iterable[Array]) -> int:
        """Return the one mark of everything in some arrays."""
        return self.join(
            number
            for array in arrays
            for number in (np.unique(array) if any(array.strides) else array.ravel()[:1])
        )


def _columns(marks: list[Mark]) -> list[list[Any]]:
    return [[mark.on for mark in marks], [mark.by for mark in marks], [m.cut for m in marks]]
