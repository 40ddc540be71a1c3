"""Games sorted by the part of the network that computes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from explainprune.network.scalars.parts import Part, Place, cut, likeness, played
from explainprune.network.scalars.terms import Games, Pairs, Terms
from explainprune.types import Array


@dataclass(eq=False)
class Cutter:
    """Cuts parts out of a network, each once, and tells which are the same.

    Attributes
    ----------
    terms : Terms
    """

    terms: Terms
    _places: dict[tuple[int, int], tuple[Part, Place]] = field(default_factory=dict)
    _alike: dict[object, Part] = field(default_factory=dict)

    def part(self, layer: int, group: int) -> tuple[Part, Place]:
        """Return the part that a group reads, and where it lies; equal parts are one object."""
        key = layer, group
        if key not in self._places:
            part, place = cut(self.terms.network, self.terms.players, layer, group)
            self._places[key] = self._alike.setdefault(likeness(part), part), place
        return self._places[key]


@dataclass(frozen=True, eq=False)
class Alike:
    """Games that one part computes.

    Attributes
    ----------
    part : Part
    chosen : ndarray of int (games,)
        Which of the `Games` they are.
    columns : ndarray of int (games, inputs)
        Where in the whole network each game's inputs are.
    plays : ndarray of bool (games, players)
        In the order of the links of each game's group.
    """

    part: Part
    chosen: Array
    columns: Array
    plays: Array


def alike(cutter: Cutter, pairs: Pairs, games: Games, chosen: Array) -> Iterator[Alike]:
    """Sort some games of a layer by the part that computes them."""
    order = chosen[np.argsort(games.group[chosen], kind="stable")]
    groups, first = np.unique(games.group[order], return_index=True)
    bundles: dict[int, list[tuple[Place, Array]]] = {}
    parts: dict[int, Part] = {}
    for group, mine in zip(groups, np.split(order, first[1:]), strict=False):
        part, place = cutter.part(games.layer, int(group))
        parts[id(part)] = part
        bundles.setdefault(id(part), []).append((place, mine))
    for key, members in bundles.items():
        yield _bundle(parts[key], members, pairs, games)


def _bundle(part: Part, members: list[tuple[Place, Array]], pairs: Pairs, games: Games) -> Alike:
    chosen = np.concatenate([mine for _, mine in members])
    times = [len(mine) for _, mine in members]

    def repeated(each: list[Array]) -> Array:
        return np.repeat(np.stack(each), times, axis=0)

    columns = repeated([place.columns for place, _ in members])
    pair = games.pair[chosen][:, None]
    kinds = [
        pairs.moves.kinds[stage.layer][
            repeated([place.groups[index] for place, _ in members]), pair
        ]
        for index, stage in enumerate(part.stages)
    ]
    differ = pairs.x[columns, pair] != pairs.rows[columns, pair]
    return Alike(part, chosen, columns, played(part, kinds, differ))
