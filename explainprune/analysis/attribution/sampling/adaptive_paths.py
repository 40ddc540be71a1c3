"""Integrals of the gradient along lines, cut in two until they add up, evenly if they never do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from explainprune.analysis.attribution.explained import rounding
from explainprune.analysis.attribution.sampling.pieces import Pieces, affordable, slopes, woven
from explainprune.network import Network, chunks, gauss_legendre
from explainprune.network.integrals import add_by_sample
from explainprune.types import Array

_WHOLE = (16, 48, 144)  # nodes on a whole path, more as long as they pay
MOST = _WHOLE[0] + 257
"""Gradients for a path: the last are those at the ends of 256 even pieces."""
_PIECES = 8  # that a path is cut into first, where those don't do
_MIDDLE = 0.4  # of a piece: its first cut is no nearer to its ends
_AGREE = 5  # times that cutting a piece must change nothing
_LEAST_SHARE = 0.3  # of a path's tolerance: what the shortest piece may miss
_EACH = 3  # times the tolerance that values may err by, which may cancel in their sum
_LOOSER = 10  # times that two rules for smooth functions may differ
_SMOOTH = 0.1  # of what fewer nodes miss: if no more is missed, still more of them are tried
_NUMBERS_AT_ONCE = 2**21


@dataclass(frozen=True)
class Integrals:
    """Values, and what they may be off by where the gradients allowed for a path didn't do.

    Attributes
    ----------
    values : ndarray (n, d) or (n, d, K), float64
    error : ndarray (n,) or (n, K)
        Estimated length (root of the sum of squares) of the values' error; 0 where all paths were
        settled.
    """

    values: Array
    error: Array


def adaptive_integrals(
    network: Network, x: Array, background: Array, targets: Array | None, tolerance: float
) -> Integrals:
    r"""Integrate the gradient from every background row to every sample, to a tolerance.

    What the integral over a piece of the path should add up to is known: the change of the output
    there. Smooth networks need the first 16 Gauss–Legendre nodes only. Elsewhere a path is cut
    into pieces, and each of them is integrated as if the gradient jumped once in it: where the
    straight lines through its ends meet. A piece is cut in two until that changes nothing, five
    times on end, since two jumps can look like one; for piecewise linear networks of few kinks the
    integral becomes exact. Where there are more kinks than gradients, all pieces are cut alike: the
    nodes end up evenly spread, and the jumps that are left say how large the error is,
    :math:`\sum (h \Delta g)^2 / 12` for pieces of width h with the jumps at random places.

    Each output of each path is settled by itself: values don't depend on what else is explained.

    Parameters
    ----------
    network : Network
    x : ndarray (n, d)
    background : ndarray (b, d)
    targets : ndarray of int (n,), optional
        None: all outputs.
    tolerance : float
        How far a path's values may be from adding up, as a share of the output's mean change from
        the background rows to the sample. Their own error may be three times that share of their
        length.
    """
    n, b = len(x), len(background)
    every = np.arange(network.n_outputs)
    wanted = np.tile(every, (n, 1)) if targets is None else np.asarray(targets).reshape(n, 1)
    at_x, at_rows = network.outputs(x), network.outputs(background)
    noise = max(rounding(at_x), rounding(at_rows))
    high = np.take_along_axis(at_x, wanted, axis=1).astype(np.float64).ravel()
    low = at_rows[:, wanted.ravel()].T.astype(np.float64)
    size = np.maximum(np.abs(high), np.abs(low).max(axis=1))
    changes = np.abs(high[:, None] - low).mean(axis=1)
    allowed = np.maximum(tolerance * changes, noise * size)
    total, squares = np.zeros((wanted.size, x.shape[1])), np.zeros(wanted.size)
    for chunk in chunks(wanted.size * b, MOST // 2 * x.shape[1], _NUMBERS_AT_ONCE):
        owner, reference = np.divmod(np.arange(chunk.start, chunk.stop), b)
        paths = _Paths(
            network=network,
            start=background[reference],
            step=x[owner // wanted.shape[1]] - background[reference],
            targets=wanted.ravel()[owner],
            ends=np.stack([low[owner, reference], high[owner]], axis=1),
            allowed=allowed[owner],
            tolerance=tolerance,
        )
        integrals, left_over = paths.integrals()
        add_by_sample(total, owner, integrals)
        np.add.at(squares, owner, left_over)
    values = total.reshape(n, -1, x.shape[1]) / b
    error = np.sqrt(squares).reshape(n, -1) / b
    if targets is None:
        return Integrals(values.swapaxes(1, 2), error)
    return Integrals(values[:, 0], error[:, 0])


@dataclass(frozen=True)
class _Paths:
    """Straight lines from `start` by `step`, both (m, d), and the outputs at their ends (m, 2)."""

    network: Network
    start: Array
    step: Array
    targets: Array
    ends: Array
    allowed: Array
    tolerance: float

    def integrals(self) -> tuple[Array, Array]:
        """Integrate the gradient times the step along each line.

        → (m, d), and the squared length of what is left of their error (m,)
        """
        total, rough, asked = self._smooth()
        left, left_over = MOST - _PIECES - 1 - asked, np.zeros(len(total))
        if not len(rough):
            return total, left_over
        length = np.linalg.norm(total, axis=1)
        total[rough] = 0.0
        pieces = self._pieces(rough)
        while len(pieces.path):
            flat = self._settled(pieces, pieces.jump, pieces.integral(pieces.share()), length)
            self._add(total, pieces.taken(flat))
            pieces = pieces.taken(~flat)
            within = affordable(pieces, left)
            ended = pieces.taken(~within)
            self._add(total, ended)
            np.add.at(left_over, ended.path, np.where(ended.agreed > 0, 0, ended.jump**2 / 12))
            left -= np.bincount(pieces.path[within], minlength=len(left))
            pieces = self._cut(total, pieces.taken(within), length)
        return total, left_over

    def _smooth(self) -> tuple[Array, Array, Array]:
        """Integrate whole paths as smooth functions.

        → (m, d), the paths for which that doesn't do, and how many gradients each path took
        """
        total, asked = np.zeros(self.start.shape), np.zeros(len(self.start), dtype=np.int64)
        rough = paths = np.arange(len(self.start))
        moved = np.full(len(paths), np.inf)  # by the last step to more nodes
        for count in _WHOLE:
            whole, half = self._whole(paths, count)
            steady = np.linalg.norm(whole - total[paths], axis=1) <= _SMOOTH * moved
            total[paths] = whole
            asked[paths] += count
            change = self.ends[paths, 1] - self.ends[paths, 0]
            missed, before = (np.abs(change - each.sum(axis=1)) for each in (whole, half))
            apart, length = (np.linalg.norm(each, axis=1) for each in (whole - half, whole))
            agree = apart <= _LOOSER * self.tolerance * length
            fits = (missed <= self.allowed[paths]) & agree
            rough = np.setdiff1d(rough, paths[fits])
            more = ~fits & steady & (missed <= _SMOOTH * before)
            paths, moved = paths[more], apart[more]
            if not len(paths):
                break
        return total, rough, asked

    def _whole(self, paths: Array, count: int) -> tuple[Array, Array]:
        """Integrate paths by so many nodes, and by every other one of them: (p, d) each."""
        nodes, weights, coarse = _rule(count)
        along = self._gradients(np.repeat(paths, count), np.tile(nodes, len(paths)))
        along = along.reshape(len(paths), count, -1)
        whole, half = (np.einsum("mqd,q->md", along, each) for each in (weights, coarse))
        return whole, half

    def _pieces(self, paths: Array) -> Pieces:
        """Cut paths into even pieces."""
        t = np.tile(np.linspace(0.0, 1.0, _PIECES + 1), len(paths))
        path = np.repeat(paths, _PIECES + 1)
        shape = (len(paths), _PIECES + 1)
        at, gradient = self._at(path, t)
        at, t, gradient = at.reshape(shape), t.reshape(shape), gradient.reshape(*shape, -1)

        def ends(values: Array) -> tuple[Array, Array]:
            flat = (-1, *values.shape[2:])
            return values[:, :-1].reshape(flat), values[:, 1:].reshape(flat)

        (low, high), (at_low, at_high), (g_low, g_high) = map(ends, (t, at, gradient))
        path = np.repeat(paths, _PIECES)
        none = np.zeros(len(path), dtype=np.int64)
        slope_low, slope_high = slopes(g_low), slopes(g_high)
        return Pieces(path, low, high, at_low, at_high, g_low, g_high, slope_low, slope_high, none)

    def _settled(self, pieces: Pieces, error: Array, integral: Array, length: Array) -> Array:
        """Tell which pieces' integrals add up, and err by no more than their part."""
        width, path = pieces.width, pieces.path
        part = self.allowed[path] * np.maximum(width, _LEAST_SHARE)
        each = _EACH * self.tolerance * length[path] * np.sqrt(width)
        return np.asarray((pieces.missed(integral) <= part) & (error <= each))

    def _cut(self, total: Array, pieces: Pieces, length: Array) -> Pieces:
        """Cut pieces in two; add those up that five cuts haven't changed, and return the rest."""
        if not len(pieces.path):
            return pieces
        width, share = pieces.width, pieces.share()
        near = np.where(pieces.agreed < -1, 0.5, _MIDDLE) * width  # in halves, where jumps abound
        t = pieces.low + np.clip(share, near, width - near)
        halves = pieces.cut(t, *self._at(pieces.path, t))
        lower, upper = (half.integral(half.share()) for half in halves)
        fine = lower + upper
        change = fine - pieces.integral(share)
        away = np.linalg.norm(change, axis=1)
        agree = self._settled(pieces, away, fine, length)
        agreed = np.where(agree, np.maximum(pieces.agreed, 0) + 1, np.minimum(pieces.agreed, 0) - 1)
        smooth = pieces.bends_evenly & halves[0].bends_evenly & halves[1].bends_evenly
        done = (agreed == _AGREE) | (smooth & self._settled(pieces, 3 * away, fine, length))
        # Where the function is smooth the error falls to a quarter: that is taken off as well.
        add_by_sample(total, pieces.path[done], (fine + change / 3)[done])
        both = (replace(half, agreed=agreed).taken(~done) for half in halves)
        return woven(*both)

    def _add(self, total: Array, pieces: Pieces) -> None:
        add_by_sample(total, pieces.path, pieces.integral(pieces.share()))

    def _at(self, path: Array, t: Array) -> tuple[Array, Array]:
        """Return the explained output, and its gradient times the step, at points of paths."""
        outputs = self.network.outputs(self._points(path, t))[np.arange(len(t)), self.targets[path]]
        return np.asarray(outputs, dtype=np.float64), self._gradients(path, t)

    def _gradients(self, path: Array, t: Array) -> Array:
        found = self.network.gradients(self._points(path, t), self.targets[path])
        return np.asarray(found * self.step[path])

    def _points(self, path: Array, t: Array) -> Array:
        points: Array = self.start[path] + t[:, None].astype(self.step.dtype) * self.step[path]
        return points


@lru_cache
def _rule(count: int) -> tuple[Array, Array, Array]:
    """Return Gauss–Legendre nodes and weights, and a coarser rule's weights on every other node."""
    nodes, weights = gauss_legendre(count)
    some = nodes[::2]
    powers = np.polynomial.legendre.legvander(2 * some - 1, len(some) - 1)
    coarse = np.zeros(count)
    coarse[::2] = np.linalg.solve(powers.T, np.eye(len(some))[0])
    return nodes, weights, coarse
