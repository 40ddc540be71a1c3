"""Which features a network adds up over, and where what it makes of one of them bends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explainprune.lookup import some
from explainprune.network.scalars.affine import INPUTS
from explainprune.network.scalars.elements import Unrolled
from explainprune.types import Array


def terms_of(
    network: Unrolled, reach: Sequence[Any], names: Sequence[str]
) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the features and the pairs that the outputs are sums of functions of.

    Parameters
    ----------
    network : Unrolled
    reach : sequence of csr_array (groups, features)
        For each layer: which features reach each group.
    names : sequence of str

    Raises
    ------
    ValueError
        Naming the units that read more than two features.
    """
    alone: set[int] = set()
    pairs: set[tuple[int, int]] = set()
    wide: dict[str, int] = {}
    for source, part in network.output.parts.items():
        read = np.unique(part.indices)
        if source == INPUTS:
            alone |= {int(i) for i in read}
            continue
        layer, who = network.layers[source - 1], reach[source - 1]
        for group in np.unique(read // layer.made):
            features = sorted(map(int, who.indices[who.indptr[group] : who.indptr[group + 1]]))
            if len(features) > 2:
                wide[layer.name_of(group)] = len(features)
            elif len(features) == 2:
                pairs.add((features[0], features[1]))
            else:
                alone |= set(features)
    if wide:
        raise ValueError(_too_wide(wide))
    return sorted(alone | {i for pair in pairs for i in pair}), sorted(pairs)


def _too_wide(wide: dict[str, int]) -> str:
    shown = some({name: f"{count} features" for name, count in wide.items()})
    return (
        "Only a network whose outputs are sums of functions of one or two features has shapes. "
        f"These units read more: {shown}. Prune one hidden layer with "
        'granularity="fan_in:1" or "fan_in:2", the outputs being affine in its units.'
    )


def bends(
    network: Unrolled, reach: Sequence[Any], feature: int, row: Array, ends: tuple[float, float]
) -> tuple[Array, bool]:
    """Find where anything that one feature alone reaches bends, between two values.

    Layer by layer: between the points found so far what a layer reads is straight, so that a
    rectifier of it bends where the line crosses zero.

    Returns
    -------
    points : ndarray
        Ascending, both ends among them.
    everywhere : bool
        Whether all is straight between them: False where something isn't a rectifier.
    """
    points, everywhere = np.unique(ends).astype(np.float64), True
    for number, layer in enumerate(network.layers):
        own = np.flatnonzero(_only(reach[number], feature))
        if not len(own):
            continue
        if not layer.function.rectified:
            everywhere = False
            continue
        read = layer.reads(network.elements(varied(row, feature, points)))
        points = np.union1d(points, _crossings(points, read[:, layer.groups[own, 0]]))
    return points, everywhere


def _only(reach: Any, feature: int) -> Array:
    """Tell which groups one feature reaches, and no other."""
    reached = np.asarray(reach[:, [feature]].todense()).ravel() > 0
    return np.asarray(reached & (np.diff(reach.indptr) == 1))


def _crossings(points: Array, read: Array) -> Array:
    """Find the zeros of lines drawn through `read` (points, columns)."""
    left, right = read[:-1], read[1:]
    at, column = np.nonzero(left * right < 0)
    share = left[at, column] / (left[at, column] - right[at, column])
    return np.asarray(points[at] + share * (points[at + 1] - points[at]))


def varied(row: Array, feature: int, values: Array) -> Array:
    """Repeat a row with one feature at several values."""
    rows = np.tile(row, (len(values), 1))
    rows[:, feature] = values
    return rows
