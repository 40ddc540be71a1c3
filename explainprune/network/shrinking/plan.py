"""What will be removed, decided before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass

from explainprune.network.graph.graph import Graph
from explainprune.network.layers.passing import Cut, Passing, Placed
from explainprune.types import Array


@dataclass(frozen=True, eq=False)
class Plan:
    """Which units stay, for every tensor and every call of a graph.

    Attributes
    ----------
    graph : Graph
    placed : tuple of Placed
        The calls, in order, with their units.
    kinds : tuple of Passing
    cuts : tuple of Cut
        What is kept of each call.
    axes : tuple of int
        Unit axis of each tensor; −1 for none.
    keep : tuple of ndarray of int
        Positions kept along it.
    left_whole : dict of str to str
        Layer path → why it stays as it is.
    kept : dict of str to ndarray of int
        Kept units of each layer that has units of its own, or that holds those of another.
    removed : dict of str to int
        Number of units removed from each layer that was called and loses any; heads of attention
        count for the layer inside it that makes the values.
    """

    graph: Graph
    placed: tuple[Placed, ...]
    kinds: tuple[Passing, ...]
    cuts: tuple[Cut, ...]
    axes: tuple[int, ...]
    keep: tuple[Array, ...]
    left_whole: dict[str, str]
    kept: dict[str, Array]
    removed: dict[str, int]

    def __str__(self) -> str:
        lines = [f"{path}: {count} units removed" for path, count in self.removed.items()]
        lines += [f"{path}: left whole, {reason}" for path, reason in self.left_whole.items()]
        return "\n".join(lines) or "nothing to remove"
