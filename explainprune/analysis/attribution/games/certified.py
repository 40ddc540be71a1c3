"""Shapley values of games too wide to be solved, between ends that hold by proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explainprune.analysis.attribution.games.boxes import Boxes
from explainprune.analysis.attribution.games.hidden import Wanted, summed
from explainprune.analysis.attribution.games.units import Bundle, bundles
from explainprune.network.scalars.cutting import Cutter
from explainprune.network.scalars.elements import Function
from explainprune.network.scalars.terms import Games, Pairs, in_pairs
from explainprune.types import Array

if TYPE_CHECKING:
    from explainprune.analysis.attribution.games.lattice import Lattices

BY_HALVES = 2.0**24
"""Steps up to which rectified sums are solved by two halves, some hundredths of a second: boxes of
them would take longer."""
AT_ONCE = 4096
"""Boxes split before ends are looked at again, at most."""
SOLVED = 1e-12
"""More than rounding makes of games that are solved, as a share of the largest value."""


@dataclass(frozen=True, eq=False)
class Certified:
    """What is known of the values.

    Attributes
    ----------
    low, high : ndarray (n, players, outputs)
    boxes : ndarray (n,)
        How many were looked at.
    reached : ndarray of bool (n,)
        Whether half of each interval is within the tolerance.
    """

    low: Array
    high: Array
    boxes: Array
    reached: Array


@dataclass(frozen=True, eq=False)
class _Wide:
    """Games of one sample that are bounded: their boxes, weights (games, outputs) and players."""

    boxes: Boxes | Lattices
    weight: Array
    players: Array

    @property
    def gaps(self) -> Array:
        """How far each box leaves the outputs' values open."""
        return np.asarray(self.boxes.gaps * np.abs(self.weight).max(axis=1)[self.boxes.game])


def certified(
    cutter: Cutter,
    x: Array,
    background: Array,
    targets: Array | None,
    *,
    up_to: int,
    tolerance: float,
    most: int,
) -> Certified:
    """Solve small games, and bound the others by splitting the boxes that leave most open.

    Parameters
    ----------
    cutter : Cutter
    x, background : ndarray (n, inputs), (b, inputs)
    targets : ndarray of int (n,), optional
        The only output of each sample whose ends matter.
    up_to : int
        Games of at most ``2 ** up_to`` steps are solved.
    tolerance : float
        Half of each interval, as a share of the sample's largest value.
    most : int
        Boxes for each sample.

    Raises
    ------
    ValueError
        If a function in a wide game has no bounds.
    """

    def small(pairs: Pairs, games: Games, bundle: Bundle) -> bool:
        return bundle.steps <= 2.0**up_to or (bundle.by_halves and bundle.steps <= BY_HALVES)

    known = summed(cutter, x, background, wanted=small).values
    low, high = known.copy(), known.copy()
    used, reached = np.zeros(len(x)), np.ones(len(x), bool)
    for sample in range(len(x)):
        outputs = slice(None) if targets is None else slice(targets[sample], targets[sample] + 1)
        mine = known[sample][:, outputs]
        wide = list(_wide(cutter, x[sample : sample + 1], background, outputs, small))
        ends, used[sample], reached[sample] = _narrowed(
            wide, mine, len(background), tolerance, most
        )
        low[sample][:, outputs], high[sample][:, outputs] = ends
    return Certified(low, high, used, reached)


def _wide(
    cutter: Cutter, x: Array, background: Array, outputs: slice, small: Wanted
) -> Iterator[_Wide]:
    """Put all coalitions of each wide game of a sample into one box."""
    terms = cutter.terms
    for pairs in in_pairs(terms, x, background):
        for games in pairs.games:
            for bundle in bundles(cutter, pairs, games):
                if small(pairs, games, bundle):
                    continue
                pair, group = games.pair[bundle.chosen], games.group[bundle.chosen]
                weight = (games.weight[group] if games.shared else games.weight[group, :, :, pair])[
                    :, 0, outputs
                ]
                for stage in bundle.part.stages:
                    units = terms.network.layers[stage.layer]
                    _check_bounded(stage.function, units.name)
                players = terms.reach[games.layer].indices[bundle.links]
                yield _Wide(_begun(bundle), weight, players)


def _begun(bundle: Bundle) -> Boxes | Lattices:
    """Bound what is known of games before anything is split."""
    from explainprune.analysis.attribution.games.lattice import Lattices  # numba is slow to load

    starts, deltas = bundle.reading(slice(None))
    if bundle.halved:
        assert deltas[0] is not None
        return Lattices(starts[0][:, 0], deltas[0][..., 0])
    return Boxes(bundle.part, (starts, deltas), len(bundle.chosen), bundle.players)


def _check_bounded(function: Function, layer: str) -> None:
    """Raise where nothing is known of what a function makes of an interval."""
    one = np.array([[0.0, 1.0]])
    if function.bounds is None or not np.isfinite(function.bounds(one[:, :1], one[:, 1:])).all():
        raise ValueError(
            f"bounds='certified' knows no bounds of {function.name} in layer {layer!r}, whose "
            "games are too wide to be solved. Raise exact_up_to=, prune further, or leave out "
            "bounds= to sample them."
        )


def _narrowed(
    wide: list[_Wide], known: Array, rows: int, tolerance: float, most: int
) -> tuple[tuple[Array, Array], float, bool]:
    """Split boxes until the tolerance is reached, nothing is open or there are too many."""
    while True:
        low, high = _ends(wide, known, rows)
        size = np.abs(low + high).max(initial=0.0) / 2
        near = bool(((high - low) / 2).max(initial=0.0) <= tolerance * size)
        used = sum(each.boxes.cost for each in wide)
        parts = _widest(wide, most - used)
        if near or not any(len(chosen) for chosen in parts):
            # Where nothing is open any more, only rounding is left.
            return (low, high), used, near or not any(each.gaps.any() for each in wide)
        for each, chosen in zip(wide, parts, strict=True):
            if len(chosen):
                each.boxes.split(chosen)


def _ends(wide: list[_Wide], known: Array, rows: int) -> tuple[Array, Array]:
    """Add up the ends of all games: (players, outputs) each."""
    low, high = np.zeros(known.shape), np.zeros(known.shape)
    for each in wide:
        least, most = (end[..., None] for end in each.boxes.ends())
        up, down = np.maximum(each.weight, 0.0), np.minimum(each.weight, 0.0)
        np.add.at(low, each.players, up * least + down * most)
        np.add.at(high, each.players, up * most + down * least)
    low, high = known + low / rows, known + high / rows
    rounded = SOLVED * max(np.abs(end).max(initial=0.0) for end in (known, low, high))
    return low - rounded, high + rounded


def _widest(wide: list[_Wide], room: float) -> list[Array]:
    """Choose the boxes that make up half of what is open, or as many as there is room for."""
    if not wide:
        return []
    gaps = np.concatenate([each.gaps for each in wide])
    prices = np.concatenate([each.boxes.price(np.arange(len(each.boxes.game))) for each in wide])
    order = np.argsort(-gaps, kind="stable")[:AT_ONCE]
    enough = np.cumsum(gaps[order]) - gaps[order] >= gaps.sum() / 2
    chosen = np.zeros(len(gaps), bool)
    chosen[order[~enough & (np.cumsum(prices[order]) <= room)]] = True
    chosen &= gaps > 0
    ends = np.cumsum([len(each.boxes.game) for each in wide])[:-1]
    return [np.flatnonzero(part) for part in np.split(chosen, ends)]
