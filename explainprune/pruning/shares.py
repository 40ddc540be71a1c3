"""How removal is shared among layers: each allocation says which entries compete with which."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explainprune.types import Array

Pool = tuple[dict[str, Array], int]
"""Rankings by key, and how many entries of them together are kept."""


@dataclass(frozen=True)
class Candidates:
    """What an allocation may look at.

    Attributes
    ----------
    scores : dict of str to ndarray
        Flat scores of each layer's entries; what was removed before has score 0.
    shapes : dict of str to tuple of int
        Shape of each layer's kernel.
    kinds : dict of str to str
        What layers are alike: class name and kernel shape, say.
    low, high : dict of str to int
        Fewest and most entries of each layer that may be kept.
    """

    scores: dict[str, Array]
    shapes: dict[str, tuple[int, ...]]
    kinds: dict[str, str]
    low: dict[str, int]
    high: dict[str, int]


def global_(candidates: Candidates, keep: int) -> list[Pool]:
    """All entries compete with all."""
    return [(candidates.scores, keep)]


def uniform(candidates: Candidates, keep: int) -> list[Pool]:
    """Every layer keeps the same share, as far as the floor lets it."""
    return _each_alone(candidates, keep, {p: s.size for p, s in candidates.scores.items()})


def erk(candidates: Candidates, keep: int) -> list[Pool]:
    """Keep a share proportional to ``Σ kernel dimensions / Π kernel dimensions``.

    Erdős–Rényi kernel: small layers stay denser (Mocanu et al. 2018; Evci et al. 2020,
    arXiv:1911.11134).
    """
    shares = {
        path: scores.size * sum(candidates.shapes[path]) / math.prod(candidates.shapes[path])
        for path, scores in candidates.scores.items()
    }
    return _each_alone(candidates, keep, shares)


def lamp(candidates: Candidates, keep: int) -> list[Pool]:
    """All compete, by their squared score over the squared scores that are no lower in the layer.

    ``s_u² / Σ_{v: s_v ≥ s_u} s_v²``, ties by index (Lee et al. 2021, arXiv:2010.07611): the highest
    entry of every layer scores 1, so that no layer collapses. Needs scores of at least 0.
    """
    for path, scores in candidates.scores.items():
        if scores.min(initial=0.0) < 0:
            raise ValueError(
                f"allocation='lamp' needs scores of at least 0. Received: {scores.min():.3g} in "
                f"{path!r}. Expected a criterion such as 'magnitude' or 'taylor'."
            )
    return [({path: _lamp(scores) for path, scores in candidates.scores.items()}, keep)]


def isomorphic(candidates: Candidates, keep: int) -> list[Pool]:
    """Layers that are alike compete with each other; every such group keeps the same share.

    Source: Fang et al. 2024, arXiv:2407.04616.
    """
    groups: dict[str, list[str]] = {}
    for path in candidates.scores:
        groups.setdefault(candidates.kinds[path], []).append(path)
    counts = spread(
        keep,
        [sum(candidates.scores[p].size for p in paths) for paths in groups.values()],
        [sum(candidates.low[p] for p in paths) for paths in groups.values()],
        [sum(candidates.high[p] for p in paths) for paths in groups.values()],
    )
    return [
        ({p: candidates.scores[p] for p in paths}, count)
        for paths, count in zip(groups.values(), counts, strict=True)
    ]


ALLOCATIONS: dict[str, Callable[[Candidates, int], list[Pool]]] = {
    "global": global_,
    "uniform": uniform,
    "erk": erk,
    "lamp": lamp,
    "isomorphic": isomorphic,
}


def spread(
    total: int, shares: Sequence[float], low: Sequence[int], high: Sequence[int]
) -> list[int]:
    """Split `total` in proportion to `shares`, within bounds, to the last entry.

    Solves ``Σ clip(λ · share, low, high) = total`` for λ, then gives the entries that rounding
    down lost to the largest fractions (the first of equals).

    Examples
    --------
    >>> spread(10, [4, 4, 2], [0, 0, 0], [9, 9, 9])
    [4, 4, 2]
    >>> spread(10, [4, 4, 2], [0, 0, 5], [9, 9, 9])
    [3, 2, 5]
    """
    share, lowest, highest = (np.asarray(v, dtype=np.float64) for v in (shares, low, high))
    if not lowest.sum() <= total <= highest.sum():
        raise ValueError(
            f"A total between {int(lowest.sum())} and {int(highest.sum())} can be split within the "
            f"bounds. Received: {total}."
        )
    small, large = 0.0, float((highest / share).max())
    for _ in range(200):
        middle = (small + large) / 2
        if np.clip(middle * share, lowest, highest).sum() < total:
            small = middle
        else:
            large = middle
    exact = np.clip(large * share, lowest, highest)
    counts = np.floor(exact)
    # A layer at a bound has no fraction, so it comes last and gains nothing.
    order = np.argsort(-(exact - counts).round(9), kind="stable")
    counts[order[: int(total - counts.sum())]] += 1
    return [int(c) for c in counts]


def _each_alone(candidates: Candidates, keep: int, shares: Mapping[str, float]) -> list[Pool]:
    """Give each layer a pool of its own, sized in proportion to `shares`."""
    paths = list(candidates.scores)
    counts = spread(
        keep,
        [shares[p] for p in paths],
        [candidates.low[p] for p in paths],
        [candidates.high[p] for p in paths],
    )
    return [({p: candidates.scores[p]}, c) for p, c in zip(paths, counts, strict=True)]


def _lamp(scores: Array) -> Array:
    """Divide each squared score by the sum of those from it upwards."""
    order = np.argsort(scores, kind="stable")
    squares = np.square(scores[order])
    tails = np.cumsum(squares[::-1])[::-1]
    ranking = np.zeros(scores.size)
    ranking[order] = np.divide(squares, tails, out=np.zeros_like(squares), where=tails > 0)
    return ranking
