"""Pieces of straight paths, each integrated as if the gradient jumped once in it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from explainprune.types import Array

_EVENLY = 0.02  # of a piece


@dataclass(frozen=True)
class Pieces:
    """Pieces of paths, those of a path side by side.

    Attributes
    ----------
    path : ndarray of int (p,)
    low, high : ndarray (p,)
        Ends, as shares of the path.
    at_low, at_high : ndarray (p,)
        The explained output there.
    g_low, g_high : ndarray (p, d)
        Its gradient, times the path's step.
    slope_low, slope_high : ndarray (p,), float64
        Their sums: how fast the output changes along the path.
    agreed : ndarray of int (p,)
        How many cuts on end have changed nothing; below 0, how many have.
    """

    path: Array
    low: Array
    high: Array
    at_low: Array
    at_high: Array
    g_low: Array
    g_high: Array
    slope_low: Array
    slope_high: Array
    agreed: Array

    @property
    def width(self) -> Array:
        """How long each is."""
        return np.asarray(self.high - self.low)

    @property
    def jump(self) -> Array:
        """By how much the gradient's ends differ, times the width: (p,)."""
        away = self.g_high - self.g_low
        return np.asarray(self.width * np.linalg.norm(away, axis=1))

    def taken(self, which: Array) -> Pieces:
        """Return some of them."""
        return Pieces(**{f.name: getattr(self, f.name)[which] for f in fields(self)})

    def cut(self, t: Array, at: Array, gradient: Array) -> tuple[Pieces, Pieces]:
        """Return lower and upper parts, cut at t, where output and gradient are these."""
        slope = slopes(gradient)
        return (
            replace(self, high=t, at_high=at, g_high=gradient, slope_high=slope),
            replace(self, low=t, at_low=at, g_low=gradient, slope_low=slope),
        )

    def share(self) -> Array:
        """Return how much of each piece belongs to its lower end: up to where the lines meet.

        Where the ends' slopes are alike, or the lines don't meet inside, the nearest that fits.
        """
        width, first, last = self.width, self.slope_low, self.slope_high
        bend = first - last
        straight = np.abs(bend) <= 1e-6 * np.maximum(np.abs(first), np.abs(last))
        meet = (self.at_high - self.at_low - width * last) / np.where(straight, 1.0, bend)
        return np.where(straight, width / 2, np.clip(meet, 0, width))

    @property
    def bends_evenly(self) -> Array:
        """Whether lines through the ends meet in the middle, as those of smooth functions do."""
        width = self.width  # 0 where a piece was cut as often as float64 lets it be
        share = np.divide(self.share(), width, out=np.zeros_like(width), where=width > 0)
        return np.asarray(np.abs(share - 0.5) < _EVENLY)

    def integral(self, share: Array) -> Array:
        """Integrate as if the gradient jumped once: (p, d)."""
        low, high = (part.astype(self.g_low.dtype) for part in (share, self.width - share))
        whole: Array = low[:, None] * self.g_low + high[:, None] * self.g_high
        return whole

    def missed(self, integral: Array) -> Array:
        """Return by how much integrals fail to add up."""
        return np.asarray(
            np.abs(self.at_high - self.at_low - integral.sum(axis=1, dtype=np.float64))
        )


def slopes(gradient: Array) -> Array:
    """Add up gradients times the path's step (..., d), in float64."""
    return np.asarray(gradient.sum(axis=-1, dtype=np.float64))


def woven(first: Pieces, second: Pieces) -> Pieces:
    """Lay two lists of pieces into one, a piece of each in turn."""

    def both(name: str) -> Array:
        stacked = np.stack([getattr(first, name), getattr(second, name)], axis=1)
        return np.asarray(stacked.reshape(-1, *stacked.shape[2:]))

    return Pieces(**{f.name: both(f.name) for f in fields(first)})


def affordable(pieces: Pieces, left: Array) -> Array:
    """Tell which pieces may be cut: of each path as many as it has gradients left, worst first."""
    order = np.lexsort((-pieces.jump, pieces.path))
    path = pieces.path[order]
    within = np.zeros(len(path), dtype=bool)
    within[order] = np.arange(len(path)) - np.searchsorted(path, path) < left[path]
    return within
