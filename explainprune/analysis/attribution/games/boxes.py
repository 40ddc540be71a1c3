r"""Bounds of Shapley values that hold by proof, from boxes of coalitions.

In a box some players are in, some are out, and the others are free. Over it a game lies between two
sums of what its free players add, :math:`l(S) \le v(S) \le u(S)`. Values are linear in the game,
and each coalition counts for a player if it holds them, and against them if it doesn't; of a sum,
all coalitions of a box are added up by a formula. Boxes whose bounds are far apart are split.
"""

from __future__ import annotations

from math import comb

import numpy as np

from explainprune.analysis.attribution.games.lines import Lines, importance, sizes, through
from explainprune.analysis.attribution.games.units import NUMBERS_AT_ONCE, Reads
from explainprune.network.scalars.functions import ROUNDING
from explainprune.network.scalars.parts import Part
from explainprune.types import Array

FEW = 5
"""A box of so many free players is enumerated: that takes no longer than bounding it."""
FREE = -1


class Boxes:
    """The boxes of some games of one part, with as many players each, and what they are worth.

    Attributes
    ----------
    game : ndarray of int (boxes,)
    state : ndarray of int (boxes, players)
        1 in, 0 out, −1 free.
    low, high : ndarray (boxes, players)
        What each box adds to both ends of each player's value.
    split_at : ndarray of int (boxes,)
        The free player who matters most to what is open; −1 where nothing is.
    cost : float
        How many boxes there were so far.
    """

    def __init__(self, part: Part, reads: Reads, games: int, players: int) -> None:
        self.part, self.players = part, players
        self.starts, self.deltas = reads
        self.size = sizes(part, *reads, games)
        self.weights = importance(part)
        self.tables = table_of(players, joined=True), table_of(players, joined=False)
        self.game, self.state = np.zeros(0, np.int64), np.zeros((0, players), np.int8)
        self.low, self.high = np.zeros((0, players)), np.zeros((0, players))
        self.split_at = np.zeros(0, np.int64)
        self.cost = 0.0
        self._add(np.arange(games), np.full((games, players), FREE, np.int8))

    @property
    def gaps(self) -> Array:
        """How far both ends are apart, added up over players."""
        return np.where(self.split_at < 0, 0.0, (self.high - self.low).sum(axis=1))

    def price(self, chosen: Array) -> Array:
        """Return how many boxes splitting makes."""
        return np.full(len(chosen), 2.0)

    def split(self, chosen: Array) -> None:
        """Put two boxes in the place of each that is chosen: with the player, and without."""
        at = self.split_at[chosen]
        states = np.repeat(self.state[chosen][None], 2, axis=0)
        for value, state in enumerate(states):
            state[np.arange(len(at)), at] = value
        games = np.tile(self.game[chosen], 2)
        kept = np.ones(len(self.game), bool)
        kept[chosen] = False
        for name in ("game", "state", "low", "high", "split_at"):
            setattr(self, name, getattr(self, name)[kept])
        self._add(games, states.reshape(-1, self.players))

    def ends(self) -> tuple[Array, Array]:
        """Return the lowest and the highest each value can be: (players, games) each."""
        games, count = len(self.size), np.bincount(self.game, minlength=len(self.size))
        low, high = (np.zeros((games, self.players)) for _ in range(2))
        np.add.at(low, self.game, self.low)
        np.add.at(high, self.game, self.high)
        # Each sum of numbers this large rounds by so much at most, once for each of its terms.
        terms = count + self.players + self.part.width + 64
        rounded = 4 * ROUNDING * (terms * self.size)[:, None]
        low, high = low - rounded, high + rounded
        # Values add up to what all players change together.
        change = (self._worth(True) - self._worth(False))[:, None]
        others_low = low.sum(axis=1, keepdims=True) - low
        others_high = high.sum(axis=1, keepdims=True) - high
        tighter = np.maximum(low, change - others_high - rounded)
        return tighter.T, np.minimum(high, change - others_low + rounded).T

    def _worth(self, inside: bool) -> Array:
        """Return what all players, or none, are worth in each game."""
        games = len(self.size)
        state = np.full((games, self.players), int(inside), np.int8)
        return self._values(np.arange(games), state, np.zeros((1, 0), np.int8))[:, 0]

    def _add(self, game: Array, state: Array) -> None:
        """Bound new boxes, a few at a time."""
        self.cost += len(game)
        found = []
        widest = max(len(stage.bias) for stage in self.part.stages)
        step = max(1, 4 * NUMBERS_AT_ONCE // (widest * max(self.players, 2**FEW)))
        for first in range(0, len(game), step):
            part = slice(first, first + step)
            found.extend(self._bounded(game[part], state[part]))
        for name, parts in zip(
            ("game", "state", "low", "high", "split_at"), zip(*found, strict=True), strict=True
        ):
            setattr(self, name, np.concatenate([getattr(self, name), *parts]))

    def _bounded(self, game: Array, state: Array) -> list[tuple[Array, ...]]:
        """Return what boxes add to both ends, those of few free players apart."""
        free = (state == FREE).sum(axis=1)
        found: list[tuple[Array, ...]] = []
        for few in np.unique(free[free <= FEW]):
            some = free == few
            worth = self._enumerated(game[some], state[some], int(few))
            closed = np.full(some.sum(), -1)
            found.append((game[some], state[some], worth, worth, closed))
        some = free > FEW
        if some.any():
            lines, at = self._lines(game[some], state[some])
            found.append((game[some], state[some], *self._worths(lines, state[some]), at))
        return found

    def _enumerated(self, game: Array, state: Array, few: int) -> Array:
        """Return what boxes add to the values: all their coalitions, one by one."""
        bits = (np.arange(2**few)[:, None] >> np.arange(few) & 1).astype(np.int8)
        values = self._values(game, state, bits)
        inside = np.repeat(state[:, None], len(bits), axis=1)
        boxes, coalition = np.arange(len(state))[:, None, None], np.arange(len(bits))[:, None]
        inside[boxes, coalition, _free(state, few)[:, None]] = bits
        size = inside.sum(axis=2)
        joined, left = (table[size, 0] * values for table in self.tables)
        return np.asarray(
            np.einsum("bc,bci->bi", joined, inside) - np.einsum("bc,bci->bi", left, 1 - inside)
        )

    def _values(self, game: Array, state: Array, bits: Array) -> Array:
        """Evaluate coalitions of boxes: (boxes, coalitions)."""
        reads = []
        free = _free(state, bits.shape[1])
        for start, delta in zip(self.starts, self.deltas, strict=True):
            if delta is None:
                reads.append(start)
                continue
            mine = delta[:, game].transpose(1, 0, 2)
            fixed = start[game] + np.einsum("bi,biw->bw", state == 1, mine)
            own = mine[np.arange(len(game))[:, None], free]
            read = fixed[:, None] + np.einsum("ci,biw->bcw", bits, own)
            reads.append(read.reshape(-1, read.shape[-1]))
        return self.part.outputs(reads).reshape(len(game), len(bits))

    def _lines(self, game: Array, state: Array) -> tuple[Lines, Array]:
        """Bound games over boxes; tell which free player matters most to what is open."""
        free, inside = (state == FREE)[..., None], state == 1
        matters = np.zeros(state.shape)
        made: list[Lines] = []
        boxes, players = state.shape
        for number, stage in enumerate(self.part.stages):
            start, delta = self.starts[number], self.deltas[number]
            width = len(stage.bias)
            if delta is None:
                fixed = np.broadcast_to(start, (boxes, width))
                mine = np.zeros((boxes, players, width))
            else:
                mine = delta[:, game].transpose(1, 0, 2)
                fixed = start[game] + np.einsum("bi,biw->bw", inside, mine)
                mine = mine * free
            read = Lines(fixed, mine, fixed, mine)
            for source, kernel in stage.kernels.items():
                if source >= 0:
                    read = read.plus(made[source].through(kernel))
            put, open_ = through(stage, read)
            steep = np.maximum(np.abs(read.low), np.abs(read.high))
            matters += np.einsum("biw,bw->bi", steep, open_ * self.weights[number])
            made.append(put)
        matters = np.where(free[..., 0], matters, -1.0)
        at = np.where(matters.max(axis=1) > 0, matters.argmax(axis=1), -1)
        return made[-1], at

    def _worths(self, lines: Lines, state: Array) -> tuple[Array, Array]:
        """Add up all coalitions of each box, those with a player and those without."""
        joined, left = self.tables
        below = lines.least[:, 0], lines.low[..., 0]
        above = lines.most[:, 0], lines.high[..., 0]
        low = _with(joined, *below, state) - _without(left, *above, state)
        high = _with(joined, *above, state) - _without(left, *below, state)
        return low, high


def _free(state: Array, few: int) -> Array:
    """Return the free players of each box: (boxes, few)."""
    return np.nonzero(state == FREE)[1].reshape(len(state), few)


def _with(table: Array, start: Array, adds: Array, state: Array) -> Array:
    """Add up a sum over the coalitions that hold each player: (boxes, players)."""
    inside, free = (state == 1).sum(axis=1), (state == FREE).sum(axis=1)
    total = adds.sum(axis=1)
    one, two = table[inside + 1, free - 1][:, None], table[inside + 2, free - 2][:, None]
    fixed = start * table[inside, free] + total * one[:, 0]
    freely = (start[:, None] + adds) * one + (total[:, None] - adds) * two
    return np.where(state == FREE, freely, np.where(state == 1, fixed[:, None], 0.0))


def _without(table: Array, start: Array, adds: Array, state: Array) -> Array:
    """Add up a sum over the coalitions that lack each player: (boxes, players)."""
    inside, free = (state == 1).sum(axis=1), (state == FREE).sum(axis=1)
    total = adds.sum(axis=1)
    fixed = start * table[inside, free] + total * table[inside + 1, free - 1]
    none, one = table[inside, free - 1][:, None], table[inside + 1, free - 2][:, None]
    freely = start[:, None] * none + (total[:, None] - adds) * one
    return np.where(state == FREE, freely, np.where(state == 0, fixed[:, None], 0.0))


def table_of(players: int, *, joined: bool) -> Array:
    """Return ``Σ_t C(free, t) w(inside + t)`` by the numbers of players inside and free.

    With the weights of coalitions that hold a player (`joined`) or lack them, by their size.
    """
    table = np.zeros((players + 3, players + 1))
    for size in range(players + 1):
        if joined and size:
            table[size, 0] = 1 / (players * comb(players - 1, size - 1))
        elif not joined and size < players:
            table[size, 0] = 1 / (players * comb(players - 1, size))
    for free in range(1, players + 1):
        # One more free player is out or in.
        table[:-1, free] = table[:-1, free - 1] + table[1:, free - 1]
    return table
