"""Scores to masks: which entries go, to the last one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from explainprune.lookup import check_keys, look_up, name_of
from explainprune.pruning.ranking import as_rows, from_rows, keep_highest, keep_highest_in_rows
from explainprune.pruning.shares import ALLOCATIONS, Candidates, Pool
from explainprune.types import Array

Limits = Mapping[str, float | tuple[float, float]]
Allocation = str | Limits | Callable[[Candidates, int], list[Pool]]
Axes = int | tuple[int, ...]


class OutOfReach(ValueError):
    """So many, or so few, entries can't be removed; `removed` is the nearest number that can."""

    def __init__(self, message: str, removed: int) -> None:
        super().__init__(message)
        self.removed = removed


def allocate(
    scores: Mapping[str, Array],
    sparsity: float,
    *,
    allocation: Allocation = "global",
    keep_at_least: int = 1,
    unit_axes: Mapping[str, Axes] | None = None,
    kept: Mapping[str, Array] | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    kinds: Mapping[str, str] | None = None,
    seed: int | None = None,
) -> dict[str, Array]:
    """Keep the highest-scoring entries; remove exactly ``round(sparsity × entries)``.

    Parameters
    ----------
    scores : dict of str to ndarray
        One array for each layer: a vector of units, or a score for each weight of a kernel.
        Layers that are protected are not in it and do not count.
    sparsity : float
        Share of the entries, over all layers together, that is removed; 0 ≤ sparsity < 1.
    allocation : str, mapping or callable
        A name in ``ALLOCATIONS``; or, by layer, its own sparsity or ``(lowest, highest)``, the rest
        being shared globally; or a function of `Candidates` and the number of entries to keep.
    keep_at_least : int
        Floor against layer collapse: entries of each array, or, with `unit_axes`, of each unit.
    unit_axes : dict of str to int or tuple of int, optional
        Axes of each kernel that count its units. None: the entries are units already.
    kept : dict of str to ndarray of bool, optional
        Masks from before. What they removed stays removed, and counts towards `sparsity`.
    shapes, kinds : dict, optional
        Kernel shapes (for ``"erk"``) and what makes layers alike (for ``"isomorphic"``);
        by default the shapes of the scores.
    seed : int, optional
        Draws which of several tied entries go; None: those of highest index, layer after layer.

    Returns
    -------
    dict of str to ndarray of bool
        True = keep.

    Raises
    ------
    ValueError
        If a number is out of range or a score is not finite.
    OutOfReach
        A ValueError: the floor (or a limit) leaves too few entries to remove. The message says the
        closest sparsity within reach.

    Examples
    --------
    >>> scores = {"a": np.array([5.0, 1.0, 2.0]), "b": np.array([0.1, 0.3])}
    >>> allocate(scores, 0.4)
    {'a': array([ True, False,  True]), 'b': array([False,  True])}
    >>> allocate(scores, 0.6, allocation="uniform")
    {'a': array([ True, False, False]), 'b': array([False,  True])}
    """
    _check(scores, sparsity, keep_at_least)
    total = sum(np.size(s) for s in scores.values())
    keep = total - round(sparsity * total)
    flat = {path: np.asarray(s, dtype=np.float64).ravel() for path, s in scores.items()}
    pinned = {
        path: _pin(
            np.asarray(values, dtype=np.float64),
            None if kept is None else kept[path],
            None if unit_axes is None else unit_axes[path],
            keep_at_least,
        )
        for path, values in scores.items()
    }
    limits = allocation if isinstance(allocation, Mapping) else {}
    low, high = _bounds(pinned, limits)
    _check_reachable(keep, total, sparsity, low, high, limits, keep_at_least)
    for path, values in pinned.items():
        values[keep_highest(values, low[path])] = np.inf
        values[~keep_highest(values, high[path])] = -np.inf
    own_shapes = {path: np.shape(s) for path, s in scores.items()}
    candidates = Candidates(
        scores={p: np.where(pinned[p] == -np.inf, 0.0, flat[p]) for p in flat},
        shapes=own_shapes | dict(shapes or {}),
        kinds={p: str(shape) for p, shape in own_shapes.items()} | dict(kinds or {}),
        low=low,
        high=high,
    )
    pools = _pools(candidates, allocation, keep)
    rng = None if seed is None else np.random.default_rng(seed)
    masks: dict[str, Array] = {}
    for rankings, count in pools:
        masks |= _fill(rankings, pinned, count, rng)
    return {path: masks[path].reshape(own_shapes[path]) for path in scores}


def _fill(
    rankings: dict[str, Array],
    pinned: dict[str, Array],
    count: int,
    rng: np.random.Generator | None,
) -> dict[str, Array]:
    """Keep the `count` highest of one pool, what is pinned to ±∞ coming first and last."""
    merged = [np.where(np.isfinite(pinned[p]), r, pinned[p]) for p, r in rankings.items()]
    kept = keep_highest(np.concatenate(merged), count, rng=rng)
    ends = np.cumsum([len(part) for part in merged])[:-1]
    return dict(zip(rankings, np.split(kept, ends), strict=True))


def _pin(scores: Array, kept: Array | None, axes: Axes | None, keep_at_least: int) -> Array:
    """Lay scores flat, with −∞ for what is gone already and +∞ for what the floor holds."""
    values = scores if kept is None else np.where(kept, scores, -np.inf)
    if axes is None:
        floor = keep_highest(values.ravel(), min(keep_at_least, values.size))
    else:
        rows = keep_highest_in_rows(as_rows(values, axes), keep_at_least)
        floor = from_rows(rows, values.shape, axes).ravel()
    flat: Array = values.ravel()
    return np.where(floor & (flat > -np.inf), np.inf, flat)


def _bounds(pinned: dict[str, Array], limits: Limits) -> tuple[dict[str, int], dict[str, int]]:
    """Count the fewest and the most entries each layer may keep."""
    check_keys(limits, pinned, "allocation")
    low = {path: int((values == np.inf).sum()) for path, values in pinned.items()}
    high = {path: int((values > -np.inf).sum()) for path, values in pinned.items()}
    for path, limit in limits.items():
        least, most = limit if isinstance(limit, tuple) else (limit, limit)
        if not 0 <= least <= most <= 1:
            raise ValueError(
                f"A layer's sparsity is a number in [0, 1], or a pair (lowest, highest) of them. "
                f"Received: {limit!r} for {path!r}."
            )
        size = pinned[path].size
        # To within an entry, so that the total can still be met; and never against the floor or
        # what went before.
        fewest, most_removed = math.floor(least * size + 1e-9), math.ceil(most * size - 1e-9)
        high[path] = max(low[path], min(high[path], size - fewest))
        low[path] = min(high[path], max(low[path], size - most_removed))
    return low, high


def _check(scores: Mapping[str, Array], sparsity: float, keep_at_least: int) -> None:
    """Raise for numbers that are out of range."""
    check_sparsity(sparsity)
    if keep_at_least < 0:
        raise ValueError(f"keep_at_least is 0 or more. Received: {keep_at_least}.")
    if not scores:
        raise ValueError("There is nothing to remove: no layer has scores.")
    for path, values in scores.items():
        if not np.isfinite(values).all():
            raise ValueError(f"Scores of {path!r} are not all finite.")


def check_sparsity(sparsity: float) -> None:
    """Raise unless ``0 ≤ sparsity < 1``."""
    if not isinstance(sparsity, int | float | np.floating) or not 0 <= sparsity < 1:
        raise ValueError(
            f"sparsity is the share of prunable entries removed, 0 ≤ sparsity < 1. "
            f"Received: {sparsity!r}."
        )


def _check_reachable(
    keep: int,
    total: int,
    sparsity: float,
    low: dict[str, int],
    high: dict[str, int],
    limits: Limits,
    keep_at_least: int,
) -> None:
    """Raise if the floor, the limits or what went before leave no such masks."""
    least, most = sum(low.values()), sum(high.values())
    if least <= keep <= most:
        return
    # Rounded towards what can be reached, so that the number can be passed as it is printed.
    if keep < least:
        closest = math.floor((total - least) / total * 1e6) / 1e6
        reason = f"keep_at_least={keep_at_least}" + (" and the limits" if limits else "")
    else:
        closest = math.ceil((total - most) / total * 1e6) / 1e6
        reason = "The limits of allocation" if limits else "What was removed before"
    raise OutOfReach(
        f"sparsity={sparsity:g} would keep {keep} of {total} entries; {reason} "
        f"{'needs at least' if keep < least else 'leaves at most'} "
        f"{least if keep < least else most}. The closest within reach is sparsity={closest:g}.",
        total - (least if keep < least else most),
    )


def _pools(candidates: Candidates, allocation: Allocation, keep: int) -> list[Pool]:
    """Ask the allocation, perhaps the user's own; raise if it forgets a layer or miscounts."""
    chosen = "global" if isinstance(allocation, Mapping) else allocation
    pools: list[Pool] = look_up(chosen, ALLOCATIONS, "allocation")(candidates, keep)
    seen = sorted(path for rankings, _ in pools for path in rankings)
    count = sum(number for _, number in pools)
    if seen != sorted(candidates.scores) or count != keep:
        raise ValueError(
            f"Allocation {name_of(chosen)!r} must put each of {sorted(candidates.scores)} into "
            f"one pool and keep {keep} entries in all. Received: {seen} with {count} kept."
        )
    return pools
