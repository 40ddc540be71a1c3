"""Two sums that the numbers of a part lie between, over boxes of coalitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explainprune.network.scalars.parts import Part, Stage
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Lines:
    """Two sums that numbers lie between, over boxes: ``least + Σ_{i ∈ S} falls_i`` and above.

    Attributes
    ----------
    least, most : ndarray (boxes, numbers)
        With no free player in.
    low, high : ndarray (boxes, players, numbers)
        What each free player adds; 0 for the others.
    """

    least: Array
    low: Array
    most: Array
    high: Array

    def ends(self) -> tuple[Array, Array]:
        """Return the lowest and the highest values."""
        return (
            self.least + np.minimum(self.low, 0.0).sum(axis=1),
            self.most + np.maximum(self.high, 0.0).sum(axis=1),
        )

    def through(self, kernel: Array) -> Lines:
        """Bound ``· @ kernel``."""
        up, down = np.maximum(kernel, 0.0), np.minimum(kernel, 0.0)
        return Lines(
            self.least @ up + self.most @ down, self.low @ up + self.high @ down,
            self.most @ up + self.least @ down, self.high @ up + self.low @ down,
        )  # fmt: skip

    def plus(self, other: Lines) -> Lines:
        """Add numbers."""
        return Lines(
            self.least + other.least, self.low + other.low,
            self.most + other.most, self.high + other.high,
        )  # fmt: skip


def through(stage: Stage, read: Lines) -> tuple[Lines, Array]:
    """Bound what a stage makes of what it reads; mark the numbers it reads that are open."""
    low, high = read.ends()
    if not stage.function.rectified:
        assert stage.function.bounds is not None  # looked at before
        least, most = stage.function.bounds(low[:, stage.groups], high[:, stage.groups])
        least, most = (end.reshape(len(low), -1) for end in (least, most))
        nothing = np.zeros((*read.low.shape[:2], least.shape[1]))
        open_ = np.zeros(low.shape)
        moves = np.asarray((most > least).reshape(len(low), len(stage.groups), -1).any(axis=2))
        for group, columns in enumerate(stage.groups):
            open_[:, columns] += moves[:, [group]]
        return Lines(least, nothing, most, nothing), open_
    # Above, the chord from (low, 0) to (high, high); below, whichever of 0 and x is nearer to it.
    turns = (low < 0) & (high > 0)
    on = (low >= 0).astype(np.float64)
    slope = np.divide(high, high - low, out=on.copy(), where=turns)
    under = np.where(turns, high > -low, on)
    columns = stage.groups[:, 0]
    put = Lines(
        under * read.least, under[:, None] * read.low,
        slope * (read.most - np.where(turns, low, 0.0)), slope[:, None] * read.high,
    )  # fmt: skip
    picked = [each[..., columns] for each in (put.least, put.low, put.most, put.high)]
    return Lines(*picked), turns.astype(np.float64)


def importance(part: Part) -> list[Array]:
    """Return how much the output can move, at most, by what each stage reads."""
    found = [np.zeros(len(stage.bias)) for stage in part.stages]
    found[-1] += 1.0
    for number in reversed(range(len(part.stages))):
        stage = part.stages[number]
        for source, kernel in stage.kernels.items():
            if source >= 0:
                made = np.abs(kernel) @ found[number]
                below = part.stages[source]
                for group, columns in enumerate(below.groups):
                    own = made[group * below.made : (group + 1) * below.made].sum()
                    found[source][columns] = np.maximum(found[source][columns], own)
    return found


def sizes(part: Part, starts: list[Array], deltas: list[Array | None], games: int) -> Array:
    """Return a size that no number on the way to a game's worth exceeds: (games,)."""
    made: list[Array] = []
    for stage, start, delta in zip(part.stages, starts, deltas, strict=True):
        read = np.abs(np.broadcast_to(start, (games, len(stage.bias))))
        if delta is not None:
            read = read + np.abs(delta).sum(axis=0)
        for source, kernel in stage.kernels.items():
            if source >= 0:
                read = read + made[source] @ np.abs(kernel)
        made.append(2 * np.repeat(read[:, stage.groups].max(axis=2), stage.made, axis=1) + 1e-300)
    return made[-1][:, 0]
