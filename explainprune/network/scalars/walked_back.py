"""Bounds on two networks and their difference walked back to the inputs, which all units share.

Intervals forget that two units read the same inputs. So what a layer reads is written as a linear
function of what the layer before makes, that as one above (or below) what it reads, and so on to
the inputs, where the box is put in: what cancels on the way has cancelled. The lines above and
below a rectifier are those of DeepPoly (Singh et al. 2019); of the difference of two rectifiers
that may both turn, the chords over the difference where those lie closer.

Functions are of d, the first network's elements less the second's, and b, the second's. What
rounding in float64 can make of each step is added up beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from explainprune.network.scalars.affine import INPUTS, Affine, Sparse
from explainprune.network.scalars.apart import Apart, reads_apart, through
from explainprune.network.scalars.elements import Ends, UnitLayer, Unrolled
from explainprune.network.scalars.functions import ROUNDING
from explainprune.types import Array

NUMBERS_AT_ONCE = 2**20
MOST_STEPS = 5e8
"""Weights behind a layer times functions of what it reads: beyond, intervals must do there."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Linear functions above and below what rectifiers make of columns.

    Attributes
    ----------
    columns : ndarray of int (groups,)
    above, below : (ndarray, ndarray, ndarray)
        Of the difference made: slope by the difference read, by what the second reads; constant.
    second_above, second_below : (ndarray, ndarray)
        Of what the second makes: slope and constant.
    """

    columns: Array
    above: tuple[Array, Array, Array]
    below: tuple[Array, Array, Array]
    second_above: tuple[Array, Array]
    second_below: tuple[Array, Array]


@dataclass(eq=False)
class Walk:
    """Functions that are being walked back: (elements, functions), a constant, and rounding."""

    d: dict[int, Array] = field(default_factory=dict)
    b: dict[int, Array] = field(default_factory=dict)
    constant: Array | float = 0.0
    rounded: Array | float = 0.0


def outputs_apart(first: Unrolled, second: Unrolled, low: Array, high: Array) -> Apart:
    """Bound the outputs of two networks, and their difference, over a box of inputs.

    Parameters
    ----------
    first, second : Unrolled
        Of one structure: layer by layer, the same groups of the same functions (see `aligned`).
    low, high : ndarray (n_inputs,)

    Raises
    ------
    ValueError
        Naming the first layer whose function has no rule.
    """
    box = np.asarray(low, np.float64), np.asarray(high, np.float64)
    known = {INPUTS: Apart(box, box, (np.zeros(len(low)), np.zeros(len(low))))}
    lines: dict[int, Lines] = {}
    layers = zip(first.layers, second.layers, strict=True)
    pairs = [(ours.reads, theirs.reads) for ours, theirs in layers]
    for number, layer in enumerate(first.layers, start=1):
        read = _sharper(pairs[number - 1], pairs[: number - 1], known, lines)
        known[number] = through(layer, read)
        if layer.function.rectified:
            lines[number] = _lines(layer, read)
    return _sharper((first.output, second.output), pairs, known, lines)


def _sharper(
    reads: tuple[Affine, Affine],
    pairs: list[tuple[Affine, Affine]],
    known: dict[int, Apart],
    lines: dict[int, Lines],
) -> Apart:
    """Bound what is read by intervals and by walking back; the tighter end of each."""
    found = reads_apart(*reads, known)
    width = reads[0].width
    direct = set(reads[0].parts) | set(reads[1].parts) <= {INPUTS}
    behind = sum(part.nnz for pair in (*pairs, reads) for part in pair[0].parts.values())
    if direct or 6 * width * behind > MOST_STEPS:
        return found
    tallest = max(width, *(len(each.between[0]) for each in known.values()))
    ends = [[end.copy() for end in each] for each in (found.first, found.second, found.between)]
    size = max(1, NUMBERS_AT_ONCE // (6 * tallest))
    for start in range(0, width, size):
        some = np.arange(start, min(start + size, width))
        one, none = np.zeros((2, width, len(some)))
        one[some, np.arange(len(some))] = 1.0
        # The first network's columns are d + b, the second's b, their difference d.
        d = np.hstack([one, none, one, -one, none, -one])
        b = np.hstack([one, one, none, -one, -one, none])
        highest = _highest(reads, d, b, pairs, known, lines).reshape(2, 3, -1)
        for end, most, least in zip(ends, highest[0], -highest[1], strict=True):
            end[0][some] = np.maximum(end[0][some], least)
            end[1][some] = np.minimum(end[1][some], most)
    return Apart(*((low, high) for low, high in ends)).met()


def _highest(
    reads: tuple[Affine, Affine],
    d: Array,
    b: Array,
    pairs: list[tuple[Affine, Affine]],
    known: dict[int, Apart],
    lines: dict[int, Lines],
) -> Array:
    """Return what functions (columns, functions) of what is read can't exceed."""
    walk = Walk()
    _before(walk, reads, d, b, np.abs(b), known)
    while walk.d and (source := max(walk.d)) != INPUTS:
        of_d, of_b = walk.d.pop(source), walk.b.pop(source)
        if source in lines:
            g_d, g_b, size = _along(walk, lines[source], of_d, of_b, pairs[source - 1][0].width)
            _before(walk, pairs[source - 1], g_d, g_b, size, known)
        else:
            _put_in(walk, of_d, known[source].between)
            _put_in(walk, of_b, known[source].second)
    if INPUTS in walk.b:
        _put_in(walk, walk.b[INPUTS], known[INPUTS].second)
    return np.asarray(walk.constant + walk.rounded)


def _before(
    walk: Walk,
    reads: tuple[Affine, Affine],
    d: Array,
    b: Array,
    size: Array,
    known: dict[int, Apart],
) -> None:
    """Write functions of what is read as functions of what was made before.

    `size` is that of the parts that `b` was added up from.
    """
    first, second = reads
    unit = (len(d) + 8) * ROUNDING
    shift = first.bias - second.bias
    walk.constant = walk.constant + shift @ d + second.bias @ b
    walk.rounded = walk.rounded + unit * (np.abs(shift) @ np.abs(d) + np.abs(second.bias) @ size)
    for source in set(first.parts) | set(second.parts):
        ours, theirs = _both(first.parts.get(source), second.parts.get(source))
        apart = ours - theirs
        walk.d[source] = walk.d.get(source, 0.0) + ours @ d
        walk.b[source] = walk.b.get(source, 0.0) + apart @ d + theirs @ b
        of_d, of_b = (_largest(e) for e in (known[source].between, known[source].second))
        walk.rounded = walk.rounded + unit * (
            of_d @ (abs(ours) @ np.abs(d)) + of_b @ (abs(apart) @ np.abs(d) + abs(theirs) @ size)
        )


def _along(walk: Walk, lines: Lines, d: Array, b: Array, width: int) -> tuple[Array, Array, Array]:
    """Put the line that is above each element for its factor in its place."""
    (up, down), (more, less) = ((np.maximum(c, 0.0), np.minimum(c, 0.0)) for c in (d, b))
    above, below = ([each[:, None] for each in line] for line in (lines.above, lines.below))
    over, under = (
        [each[:, None] for each in line] for line in (lines.second_above, lines.second_below)
    )
    parts = [up * above[1], down * below[1], more * over[0], less * under[0]]
    constants = [up * above[2], down * below[2], more * over[1], less * under[1]]
    walk.constant = walk.constant + np.sum(constants, axis=(0, 1))
    unit = (4 * len(d) + 8) * ROUNDING
    walk.rounded = walk.rounded + unit * np.abs(constants).sum(axis=(0, 1))
    found = np.zeros((3, width, d.shape[1]))
    sums = up * above[0] + down * below[0], np.sum(parts, axis=0), np.abs(parts).sum(axis=0)
    for each, values in zip(found, sums, strict=True):
        np.add.at(each, lines.columns, values)
    return found[0], found[1], found[2]


def _put_in(walk: Walk, factors: Array, ends: Ends) -> None:
    """Put in the ends at which functions are largest."""
    low, high = (end[:, None] for end in ends)
    terms = np.maximum(factors, 0.0) * high + np.minimum(factors, 0.0) * low
    size = (np.abs(factors) * np.maximum(np.abs(low), np.abs(high))).sum(axis=0)
    walk.constant = walk.constant + terms.sum(axis=0)
    walk.rounded = walk.rounded + (len(factors) + 8) * ROUNDING * size


def _lines(layer: UnitLayer, read: Apart) -> Lines:
    """Draw the lines of rectifiers over what they read."""
    columns = layer.groups[:, 0]
    (l1, u1), (l2, u2), (least, most) = (
        (low[columns], high[columns]) for low, high in (read.first, read.second, read.between)
    )
    first, second = _rectifier(l1, u1), _rectifier(l2, u2)
    up, down = np.maximum(most, 0.0), np.maximum(-least, 0.0)
    span = up + down
    rise, fall = (
        np.divide(each, span, out=np.zeros_like(span), where=span > 0) for each in (up, down)
    )
    rounded = 8 * ROUNDING * span
    # Each rectifier has a line of its own where these gaps are narrower than that of the chord.
    gap = np.maximum(up, down)
    alone_above = first[1] + _gap_below(l2, u2) < gap
    alone_below = second[1] + _gap_below(l1, u1) < gap
    above = (
        np.where(alone_above, first[0], rise),
        np.where(alone_above, first[0] - second[2], 0.0),
        np.where(alone_above, first[1], rise * np.maximum(-least, 0.0) + rounded),
    )
    below = (
        np.where(alone_below, first[2], fall),
        np.where(alone_below, first[2] - second[0], 0.0),
        np.where(alone_below, -second[1], -fall * np.maximum(most, 0.0) - rounded),
    )
    return Lines(columns, above, below, second[:2], (second[2], np.zeros(len(columns))))


def _rectifier(low: Array, high: Array) -> tuple[Array, Array, Array]:
    """Return slope and constant of the line above a rectifier, and the slope of one below."""
    turns = (low < 0) & (high > 0)
    on = (low >= 0).astype(np.float64)
    slope = np.divide(high, high - low, out=on, where=turns)
    constant = np.where(turns, -slope * low + 8 * ROUNDING * (high - low), 0.0)
    return slope, constant, np.where(turns, high > -low, low >= 0).astype(np.float64)


def _gap_below(low: Array, high: Array) -> Array:
    """Return how far below a rectifier the line below it comes to lie."""
    return np.asarray(np.maximum(np.minimum(high, -low), 0.0))


def _both(first: Sparse | None, second: Sparse | None) -> tuple[Sparse, Sparse]:
    """Return both matrices; one that is missing is zero."""
    shape = next(each.shape for each in (first, second) if each is not None)
    none = sparse.csc_array(shape, dtype=np.float64)
    return none if first is None else first, none if second is None else second


def _largest(ends: Ends) -> Array:
    return np.asarray(np.maximum(np.abs(ends[0]), np.abs(ends[1])))
