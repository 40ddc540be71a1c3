"""How a layer's outputs hang together with its inputs, through weights that aren't zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from explainprune.types import Array


class Link(Protocol):
    """A matrix between the numbers of one input and those of the output.

    Entry (i, j) counts the ways from i to j. `exact` is False where it says 1 for "perhaps": where
    positions of an image aren't told apart, or every output is taken to read every input.
    """

    @property
    def exact(self) -> bool:
        """Whether each entry is a true count."""
        ...

    def forward(self, counts: Array) -> Array:
        """Carry counts from the input to the output: (k, *shape_in) → (k, *shape_out)."""
        ...

    def backward(self, counts: Array) -> Array:
        """Carry counts from the output to the input: (k, *shape_out) → (k, *shape_in)."""
        ...


@dataclass(frozen=True, eq=False)
class Picked:
    """Each output number is one input number, or none.

    Attributes
    ----------
    index : ndarray of int, shaped like the output
        Flat place in the input; −1 where there is none.
    shape_in : tuple of int
    """

    index: Array
    shape_in: tuple[int, ...]
    exact: bool = True

    def forward(self, counts: Array) -> Array:
        """Take each output's input."""
        flat = counts.reshape(len(counts), -1)
        taken = np.where(self.index.ravel() >= 0, flat[:, self.index.ravel()], 0)
        return taken.reshape(len(counts), *self.index.shape)

    def backward(self, counts: Array) -> Array:
        """Add what each input's outputs have."""
        flat, index = counts.reshape(len(counts), -1), self.index.ravel()
        summed = np.zeros((math.prod(self.shape_in), len(counts)))
        np.add.at(summed, index[index >= 0], flat[:, index >= 0].T)
        return summed.T.reshape(len(counts), *self.shape_in)


@dataclass(frozen=True, eq=False)
class Matrix:
    """Outputs read the last axis of the input, at each place alone: a Dense layer."""

    ways: Array
    exact: bool = True

    def forward(self, counts: Array) -> Array:
        """Multiply the last axis."""
        return np.asarray(counts @ self.ways)

    def backward(self, counts: Array) -> Array:
        """Multiply the last axis by the transpose."""
        return np.asarray(counts @ self.ways.T)


@dataclass(frozen=True, eq=False)
class Channels:
    """Outputs read channels of the input, wherever they lie: convolution, pooling."""

    ways: Array
    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]
    exact: bool = False

    def forward(self, counts: Array) -> Array:
        """Multiply channels, summed over places."""
        return _spread(counts, self.ways, self.shape_out)

    def backward(self, counts: Array) -> Array:
        """Multiply channels by the transpose."""
        return _spread(counts, self.ways.T, self.shape_in)


def _spread(counts: Array, ways: Array, shape: tuple[int, ...]) -> Array:
    channels = counts.reshape(len(counts), -1, counts.shape[-1]).max(axis=1) @ ways
    places = channels.reshape(len(counts), *(1,) * (len(shape) - 1), shape[-1])
    return np.broadcast_to(places, (len(counts), *shape))


@dataclass(frozen=True, eq=False)
class Everything:
    """Every output is taken to read every input."""

    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]
    exact: bool = False

    def forward(self, counts: Array) -> Array:
        """Give every output what any input has."""
        return _fill(counts, self.shape_out)

    def backward(self, counts: Array) -> Array:
        """Give every input what any output has."""
        return _fill(counts, self.shape_in)


def _fill(counts: Array, shape: tuple[int, ...]) -> Array:
    most = counts.reshape(len(counts), -1).max(axis=1)
    return np.broadcast_to(most.reshape(-1, *(1,) * len(shape)), (len(counts), *shape))


def sized(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """Return the sizes of one row; open ones count as one: all places stand for each other."""
    return tuple(side or 1 for side in shape[1:])


def nonzero(kernel: Any) -> Array:
    """Return 1.0 where a weight isn't zero."""
    return np.asarray(kernel.numpy() != 0, dtype=np.float64)


def any_place(kernel: Any) -> Array:
    """Return 1.0 where a weight (…, a, b) isn't zero at some place: (a, b)."""
    live = nonzero(kernel)
    return np.asarray(live.reshape(-1, *live.shape[-2:]).max(axis=0))


def broadcast(shape: tuple[int, ...], out: tuple[int, ...]) -> Picked:
    """Link each output number to the one at its place, an axis of one serving all."""
    index = np.arange(math.prod(shape)).reshape(shape)
    return Picked(np.broadcast_to(index, out), shape)
