"""How far two networks of one structure can lie apart, layer by layer.

Interval arithmetic on three things at once, for every element: what it is in the first network (a),
in the second (b), and a − b. Each term of a sum is w a − v b, which is also w (a − b) + (w − v) b
and v (a − b) + (w − v) a. The smallest of the three upper ends is the largest value that the term
takes, given the three intervals (by the duality of linear programs: at most two of them bind). So
networks that differ in few weights stay close, where each alone could be anywhere.

Ends are rounded outwards: each sum is widened by what rounding in float64 can make of it. The
weights are those of the unrolled networks, whose affine layers are multiplied out in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explainprune.network.scalars.affine import Affine, Sparse
from explainprune.network.scalars.elements import Ends, UnitLayer
from explainprune.network.scalars.functions import ROUNDING
from explainprune.types import Array

ENTRIES_AT_ONCE = 2**18
"""Weights whose terms are bounded together: some 50 MB."""


@dataclass(frozen=True, eq=False)
class Apart:
    """Between which values some elements of two networks lie, and their difference.

    Attributes
    ----------
    first, second : Ends
        Of each network by itself.
    between : Ends
        Of the first minus the second.
    """

    first: Ends
    second: Ends
    between: Ends

    @property
    def alone(self) -> Ends:
        """Ends of the difference if nothing is known but each network by itself."""
        return self.first[0] - self.second[1], self.first[1] - self.second[0]

    def met(self) -> Apart:
        """Take the tighter end of what is known of the difference."""
        low, high = self.alone
        between = np.maximum(self.between[0], low), np.minimum(self.between[1], high)
        return Apart(self.first, self.second, between)


def through(layer: UnitLayer, read: Apart) -> Apart:
    """Put what a layer reads through its function.

    Raises
    ------
    ValueError
        If there is no rule for that; it begins with the layer's name.
    """
    function = layer.function
    if function.bounds is None or function.apart is None:
        raise ValueError(
            f"layer {layer.name!r} applies {function.name}, for which no rule is known"
        )
    first, second, between = (
        (low[layer.groups], high[layer.groups])
        for low, high in (read.first, read.second, read.between)
    )
    made = (
        function.bounds(*first),
        function.bounds(*second),
        function.apart(first, second, between),
    )
    return Apart(*((low.reshape(-1), high.reshape(-1)) for low, high in made)).met()


def reads_apart(first: Affine, second: Affine, known: dict[int, Apart]) -> Apart:
    """Bound two affine functions of the same sources, and their difference."""
    biases = first.bias, second.bias, first.bias - second.bias
    sums = [_Sum(bias) for bias in biases]
    for source in dict.fromkeys((*first.parts, *second.parts)):
        of = known[source]
        for row, column, w, v in _entries(first.parts.get(source), second.parts.get(source)):
            a, b, d = ((low[row], high[row]) for low, high in (of.first, of.second, of.between))
            sums[0].add(column, _times(w, a))
            sums[1].add(column, _times(v, b))
            ways = (
                _plus(_times(w, d), _times(w - v, b)),
                _plus(_times(v, d), _times(w - v, a)),
                _plus(_times(w, a), _times(-v, b)),
            )
            lows, highs = zip(*ways, strict=True)
            sums[2].add(column, (np.maximum.reduce(lows), np.minimum.reduce(highs)))
    return Apart(*(each.ends() for each in sums)).met()


class _Sum:
    """Intervals added up by column, widened by what rounding can make of the sums."""

    def __init__(self, bias: Array) -> None:
        self.low, self.high = bias.copy(), bias.copy()
        self.size, self.count = np.abs(bias), np.zeros(len(bias))

    def add(self, column: Array, term: Ends) -> None:
        """Add one term for each entry of `column`."""
        low, high = term
        width = len(self.size)
        self.low += np.bincount(column, low, width)
        self.high += np.bincount(column, high, width)
        self.size += np.bincount(column, np.maximum(np.abs(low), np.abs(high)), width)
        self.count += np.bincount(column, minlength=width)

    def ends(self) -> Ends:
        """Return the sums, rounded outwards."""
        rounded = (self.count + 8) * ROUNDING * self.size
        return self.low - rounded, self.high + rounded


def _times(weight: Array, ends: Ends) -> Ends:
    products = weight * ends[0], weight * ends[1]
    return np.minimum(*products), np.maximum(*products)


def _plus(a: Ends, b: Ends) -> Ends:
    """Add two intervals, rounded outwards: what is left of large parts may be small."""
    rounded = [4 * ROUNDING * (np.abs(x) + np.abs(y)) for x, y in zip(a, b, strict=True)]
    return a[0] + b[0] - rounded[0], a[1] + b[1] + rounded[1]


def _entries(
    first: Sparse | None, second: Sparse | None
) -> Iterator[tuple[Array, Array, Array, Array]]:
    """Yield rows, columns and both weights of entries that either matrix has, some at a time."""
    height = next(each.shape[0] for each in (first, second) if each is not None)
    keys, values = zip(*(_by_key(each, height) for each in (first, second)), strict=True)
    every = np.union1d(*keys)
    weights = np.zeros((2, len(every)))
    for weight, key, value in zip(weights, keys, values, strict=True):
        weight[np.searchsorted(every, key)] = value
    for start in range(0, len(every), ENTRIES_AT_ONCE):
        some = slice(start, start + ENTRIES_AT_ONCE)
        yield every[some] % height, every[some] // height, weights[0, some], weights[1, some]


def _by_key(matrix: Sparse | None, height: int) -> tuple[Array, Array]:
    """Give each entry of a matrix a number, column by column, and return its value too."""
    if matrix is None:
        return np.zeros(0, np.int64), np.zeros(0)
    column = np.repeat(np.arange(matrix.shape[1], dtype=np.int64), np.diff(matrix.indptr))
    return column * height + matrix.indices, matrix.data
