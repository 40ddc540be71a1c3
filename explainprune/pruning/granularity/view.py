"""A model seen as entries that can be removed: what each granularity makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from explainprune.lookup import check_keys
from explainprune.pruning.allocation import Allocation, Limits
from explainprune.types import Array, Masks

Entries = dict[str, Array]
Scores = Mapping[str, Array]


@dataclass(frozen=True)
class Sharing:
    """How removal is shared among layers.

    Attributes
    ----------
    allocation : str, mapping or callable
    keep_at_least : int
    seed : int
    progress : float
        How far pruning has come, in (0, 1]: what a mapping says of layers is reached at 1.
    """

    allocation: Allocation = "global"
    keep_at_least: int = 1
    seed: int = 0
    progress: float = 1.0


@dataclass(frozen=True, eq=False)
class View:
    """One model at one granularity.

    Attributes
    ----------
    level : str
        Whether it is told scores of ``"weight"`` or of ``"unit"``.
    needs : tuple of str
        Keys of the scores that `choose` reads.
    sizes : dict of str to int
        Number of entries by key.
    choose : callable
        (scores, sparsity, entries kept before or None, `Sharing`) → entries kept.
    masks : callable
        Entries kept → `Masks`.
    layer_of : dict of str to str
        The layer each key belongs to, for an allocation given by layer.
    sparsity : float, optional
        The share that the granularity itself says is removed in the end; None: the caller says.
    left_whole : dict of str to str
        Layers that it can't prune, with the reason.
    notes : tuple of str
        What else the reader must know.
    shapes : dict of str to tuple of int
        Of entries that are neither weights nor a vector: blocks.
    """

    level: str
    needs: tuple[str, ...]
    sizes: dict[str, int]
    choose: Callable[[Scores, float, Entries | None, Sharing], Entries]
    masks: Callable[[Entries], Masks]
    layer_of: dict[str, str]
    sparsity: float | None = None
    left_whole: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Number of entries."""
        return sum(self.sizes.values())


def by_key(sharing: Sharing, layer_of: Mapping[str, str]) -> Allocation:
    """Turn an allocation by layer into one by key, and as far as pruning has come."""
    if not isinstance(sharing.allocation, Mapping):
        return sharing.allocation
    check_keys(sharing.allocation, dict.fromkeys(layer_of.values()), "allocation")
    limits: Limits = {
        key: _scaled(sharing.allocation[layer], sharing.progress)
        for key, layer in layer_of.items()
        if layer in sharing.allocation
    }
    return limits


def only_global(sharing: Sharing, granularity: str) -> None:
    """Raise for an allocation where the granularity itself says what each unit keeps."""
    if sharing.allocation != "global":
        raise ValueError(
            f"allocation has no meaning for granularity={granularity!r}, which says what every "
            f"unit keeps. Received: allocation={sharing.allocation!r}."
        )


def _scaled(limit: float | tuple[float, float], progress: float) -> float | tuple[float, float]:
    if isinstance(limit, tuple | list):
        return (limit[0] * progress, limit[1] * progress)
    return limit * progress


def implied_sparsity(allocation: Limits, view: View, before: Entries | None = None) -> float:
    """Return the sparsity of all entries that one of each named layer implies.

    The others stay as they are: whole, but for what is gone `before`.

    Raises
    ------
    ValueError
        If a layer has a range, so that its sparsity is open.
    """
    check_keys(allocation, dict.fromkeys(view.layer_of.values()), "allocation")
    shares: dict[str, float] = {}
    for layer, limit in allocation.items():
        if not isinstance(limit, int | float | np.floating):
            raise ValueError(
                f"Without sparsity=, allocation gives each layer one number. Received: {limit!r} "
                f"for {layer!r}."
            )
        shares[layer] = float(limit)
    gone = {key: 0 if before is None else int((~before[key]).sum()) for key in view.sizes}
    removed = [
        round(shares[layer] * view.sizes[key]) if layer in shares else gone[key]
        for key, layer in view.layer_of.items()
    ]
    return sum(removed) / view.total
