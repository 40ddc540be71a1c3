"""The games of single groups of a network, solved many at a time.

A group's players are the inputs that reach it through live weights; for one sample and one
background row only those on which the two differ are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from explainprune.analysis.attribution.games.enumeration import (
    Solution,
    Worth,
    members,
    solve,
    subset_sums,
)
from explainprune.network.scalars.cutting import Alike, Cutter, alike
from explainprune.network.scalars.parts import Part, alone
from explainprune.network.scalars.terms import Games, Pairs, Terms, steps
from explainprune.types import Array

NUMBERS_AT_ONCE = 2**17
"""Numbers held at once, per array: small enough for the processor's cache."""


Reads = tuple[list[Array], list[Array | None]]
"""What is read with nobody in, for each stage: (games, numbers), or (numbers,) where no input is
read; and what each player adds to it: (players, games, numbers), or None."""


@dataclass(frozen=True, eq=False)
class Bundle:
    """Games with the same number of players, ready to be played: solved, or sampled.

    Attributes
    ----------
    chosen : ndarray of int (games,)
        Which of the layer's `Games` they are.
    links : ndarray of int (players, games)
        Their players, as entries of the layer's `reach`.
    part : Part
        What computes them.
    reading : callable
        From a slice of the games to what its stages read.
    halved : bool
        Whether each is a rectified sum of what its players add.
    interactions : bool
        Whether those of each pair are wanted, too.
    """

    chosen: Array
    links: Array
    part: Part
    reading: Callable[[slice], Reads]
    halved: bool = False
    interactions: bool = False

    @property
    def players(self) -> int:
        """How many players each game has."""
        return len(self.links)

    @property
    def width(self) -> int:
        """Numbers computed for a coalition."""
        return self.part.width

    @property
    def steps(self) -> float:
        """What one game costs."""
        return float(steps(np.array(self.players), self.halved, interactions=self.interactions))

    @property
    def by_halves(self) -> bool:
        """Whether two halves solve them in fewer steps than there are coalitions."""
        return self.steps < 2.0**self.players

    def some(self, step: int) -> Iterator[tuple[Bundle, Reads]]:
        """Yield the games, `step` at a time, with what they read."""
        for first in range(0, len(self.chosen), step):
            part = slice(first, first + step)
            yield (
                replace(self, chosen=self.chosen[part], links=self.links[:, part]),
                self.reading(part),
            )

    def at(self, reads: list[Array]) -> Array:
        """Evaluate coalitions from what they read, (coalitions, games, numbers) each.

        → (coalitions, games, made)
        """
        shape = next(read.shape[:2] for read in reads if read.ndim == 3)
        flat = [read.reshape(-1, read.shape[-1]) if read.ndim == 3 else read for read in reads]
        return self.part.outputs(flat).reshape(*shape, -1)


def bundles(cutter: Cutter, pairs: Pairs, games: Games) -> Iterator[Bundle]:
    """Sort the games of a layer by number of players; those without any are left out."""
    if cutter.terms.shallow(games.layer):
        yield from _shallow(cutter.terms, pairs, games)
        return
    for same in alike(cutter, pairs, games, np.arange(len(games.pair))):
        yield from _deep(cutter.terms, same, pairs, games)


def solved(bundle: Bundle) -> Iterator[tuple[Bundle, Solution]]:
    """Solve a bundle's games, a few at a time, the cheaper way."""
    if bundle.by_halves:
        yield from _by_halves(bundle)
        return
    room = max(0, int(np.log2(NUMBERS_AT_ONCE / bundle.width)))
    inner = min(bundle.players, room)
    for some, reads in bundle.some(max(1, NUMBERS_AT_ONCE // (bundle.width << inner))):
        worth = _worth(some, reads, inner)
        yield some, solve(worth, bundle.players, inner, interactions=bundle.interactions)


def _by_halves(bundle: Bundle) -> Iterator[tuple[Bundle, Solution]]:
    """Solve rectified sums by two halves of their players."""
    from explainprune.analysis.attribution.games import halves  # numba is slow to load

    pairs = bundle.players**2 if bundle.interactions else 1
    for some, (starts, deltas) in bundle.some(max(1, NUMBERS_AT_ONCE // pairs)):
        assert deltas[0] is not None
        given = starts[0][:, 0], deltas[0][..., 0]
        between = halves.interactions_of_rectifiers(*given) if bundle.interactions else None
        yield (
            some,
            Solution(
                halves.of_rectifiers(*given)[..., None],
                None if between is None else between[..., None],
            ),
        )


def _worth(bundle: Bundle, begun: Reads, inner: int) -> Worth:
    """Return what the coalitions of a block are worth."""

    def worth(block: int) -> Array:
        # What a stage reads is a sum over who is in: a block's fixed players are added once, and
        # the sums over all subsets of the others come by doubling.
        outer = members(block, inner)
        reads = []
        for start, delta in zip(*begun, strict=True):
            if delta is not None:
                with_outer = start + delta[outer].sum(axis=0) if outer else start
                start = subset_sums(with_outer, delta[:inner])
            reads.append(start)
        return bundle.at(reads)

    return worth


def _by_players(plays: Array) -> Iterator[tuple[Array, Array]]:
    """Sort games (games, slots) by how many play: which games, and the slots (players, games)."""
    # np.nonzero lists the slots game by game, so those of game g begin where the counts of the
    # games before it end.
    counts = plays.sum(axis=1)
    slot, first = np.nonzero(plays)[1], np.cumsum(counts) - counts
    for players in np.unique(counts[counts > 0]):
        games = np.flatnonzero(counts == players)
        yield games, slot[first[games] + np.arange(players)[:, None]]


def _deep(terms: Terms, same: Alike, pairs: Pairs, games: Games) -> Iterator[Bundle]:
    """Prepare games that one part computes."""
    halved = games.halved[same.chosen]
    for which, slots in _by_players(same.plays):
        for each in np.unique(halved[which]):
            some = halved[which] == each
            yield _of_part(
                terms, same, pairs, games, which[some], slots[:, some], halved=bool(each)
            )


def _of_part(
    terms: Terms,
    same: Alike,
    pairs: Pairs,
    games: Games,
    which: Array,
    slots: Array,
    *,
    halved: bool,
) -> Bundle:
    """Prepare some games of a part, all `halved` or none."""
    part, chosen = same.part, same.chosen[which]

    def reading(some: slice) -> Reads:
        at = same.columns[which[some]], games.pair[chosen[some]][:, None]
        rows = pairs.rows[at]
        difference = pairs.x[at] - rows
        starts: list[Array] = []
        deltas: list[Array | None] = []
        for stage in part.stages:
            kernel = stage.kernels.get(-1)
            if kernel is None:
                starts.append(stage.bias)
                deltas.append(None)
                continue
            starts.append(stage.bias + rows @ kernel)
            deltas.append(_added(difference, kernel, part.players, slots[:, some]))
        return starts, deltas

    links = terms.reach[games.layer].indptr[games.group[chosen]] + slots
    if not halved:
        return Bundle(chosen, links, part, reading, interactions=terms.interactions)
    players, last = len(slots), part.stages[-1]
    step = max(1, NUMBERS_AT_ONCE // ((players + 1) * part.width))

    def summed_up(some: slice) -> Reads:
        start, stop, _ = some.indices(len(chosen))
        reads = [
            _last_read(part, *reading(slice(first, min(first + step, stop))), players)
            for first in range(start, stop, step)
        ]
        each = np.concatenate(reads, axis=1)
        return [each[0]], [each[1:] - each[0]]

    single = alone(last.layer, last.function)
    return Bundle(chosen, links, single, summed_up, True, terms.interactions)


def _last_read(part: Part, starts: list[Array], deltas: list[Array | None], players: int) -> Array:
    """Return what the last stage reads with nobody in, and with each player alone.

    (players + 1, games, 1)
    """
    games = next(len(start) for start in starts if start.ndim == 2)
    reads = [
        start
        if delta is None
        else np.concatenate([start[None], start + delta]).reshape(-1, start.shape[-1])
        for start, delta in zip(starts, deltas, strict=True)
    ]
    return part.last_read(reads).reshape(players + 1, games, 1)


def _added(difference: Array, kernel: Array, players: Array, slots: Array) -> Array:
    """Return what each playing player adds: (players, games, numbers)."""
    n_players = int(players.max()) + 1
    added = np.empty((n_players, len(difference), kernel.shape[1]))
    for player in range(n_players):
        mine = players == player
        added[player] = difference[:, mine] @ kernel[mine]
    return added[slots, np.arange(len(difference))]


def _shallow(terms: Terms, pairs: Pairs, games: Games) -> Iterator[Bundle]:
    """Prepare games of elements that read the inputs alone: all units side by side."""
    units, reach = terms.network.layers[games.layer], terms.reach[games.layer]
    changes, starts = pairs.moves.changes[games.layer], pairs.moves.starts[games.layer]
    first, count = reach.indptr[games.group], np.diff(reach.indptr)[games.group]
    slot = np.arange(count.max(initial=0))
    inside = slot < count[:, None]
    link = np.where(inside, first[:, None] + slot, 0)
    plays = inside & (changes[link, games.pair[:, None]] != 0)

    part = alone(games.layer, units.function)
    for which, slots in _by_players(plays):
        links = first[which] + slots

        def reading(some: slice, which: Array = which, links: Array = links) -> Reads:
            pair, group = games.pair[which[some]], games.group[which[some]]
            return [starts[group, pair][:, None]], [changes[links[:, some], pair][..., None]]

        yield Bundle(which, links, part, reading, terms.halved(games.layer), terms.interactions)
