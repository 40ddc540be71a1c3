"""What will be removed, decided before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass

from explainprune.network.rebuilding.graph import Graph
from explainprune.network.rebuilding.kinds.kind import Cut, Kind, Placed
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Plan:
    """Which units stay, for every tensor and every call of a graph.

    Attributes
    ----------
    graph : Graph
    placed : tuple of Placed
        The calls, in order, with their units.
    kinds : tuple of Kind
    cuts : tuple of Cut
        What is kept of each call.
    axes : tuple of int
        Unit axis of each tensor; −1 for none.
    keep : tuple of ndarray of int
        Positions kept along it.
    left_whole : dict of str to str
        Layer path → why it stays as it is.
    """

    graph: Graph
    placed: tuple[Placed, ...]
    kinds: tuple[Kind, ...]
    cuts: tuple[Cut, ...]
    axes: tuple[int, ...]
    keep: tuple[Array, ...]
    left_whole: dict[str, str]

    @property
    def kept(self) -> dict[str, Array]:
        """Kept unit indices of each layer that has units of its own."""
        return {
            placed.call.path: cut.outputs[0]
            for placed, kind, cut in zip(self.placed, self.kinds, self.cuts, strict=True)
            if kind.produces
        }

    @property
    def removed(self) -> dict[str, int]:
        """Number of units removed from each layer that loses any."""
        counts = {
            placed.call.path: len(placed.outputs[0].atoms) - len(cut.outputs[0])
            for placed, kind, cut in zip(self.placed, self.kinds, self.cuts, strict=True)
            if kind.produces
        }
        return {path: count for path, count in counts.items() if count}

    def __str__(self) -> str:
        lines = [f"{path}: {count} units removed" for path, count in self.removed.items()]
        lines += [f"{path}: left whole, {reason}" for path, reason in self.left_whole.items()]
        return "\n".join(lines) or "nothing to remove"
