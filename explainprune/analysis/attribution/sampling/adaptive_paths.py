"""Integrals of the gradient along lines, cut where the gradient jumps until they add up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explainprune.analysis.attribution.explained import chosen, per_feature, slopes
from explainprune.analysis.attribution.sampling.pairs import add_by_sample, pairs
from explainprune.network import Network, chunks, gauss_legendre
from explainprune.types import Array

_FIRST = 16  # nodes on a whole path
_NEAR = 0.003  # of a piece: how near to its ends a gradient is taken
_MOST = 1024  # gradients for a path, on average over those of one chunk
_MARGIN = 0.01  # of a piece: a cut is no nearer to its ends
_LEAST_SHARE = 0.3  # of a path's tolerance: what the shortest piece may miss
_LOOSER = 30  # times that two rules may differ in a feature: errors that cancel in the sum
_NOISE = 2e-6  # of the output: what float32 can't tell apart


def adaptive_integrals(
    network: Network, x: Array, background: Array, targets: Array | None, tolerance: float
) -> Array:
    r"""Integrate the gradient from every background row to every sample, to a tolerance.

    What the integral over a piece of the path should add up to is known: the change of the output
    there. A piece that misses it is cut in two, at the kink if there is one: where the straight
    lines through its ends meet. So is one whose sum is right by luck: where a coarser rule on the
    same nodes finds other values. Smooth networks need the first 16 Gauss–Legendre nodes only;
    for piecewise linear ones the cuts find the kinks, and the integral becomes exact.

    Parameters
    ----------
    network : Network
    x : ndarray (n, d)
    background : ndarray (b, d)
    targets : ndarray of int (n,), optional
        None: all outputs.
    tolerance : float
        How far a path's values may be from adding up, as a share of the output's change along it
        or of 1, whichever is larger.

    Returns
    -------
    ndarray (n, d) or (n, d, K), float64
    """
    outputs = () if targets is not None else (network.n_outputs,)
    total = np.zeros((len(x), x.shape[1], *outputs))
    limit = max(1, min(network.rows_per_call, 2**14) // (network.n_outputs if outputs else 1))
    for chunk in chunks(len(x) * len(background), _FIRST, limit):
        sample, reference = pairs(chunk, len(background))
        start = background[reference]
        own = None if targets is None else targets[sample]
        paths = _Paths(network, start, x[sample] - start, own)
        add_by_sample(total, sample, paths.integrals(tolerance))
    total /= len(background)
    return total


@dataclass(frozen=True)
class _Pieces:
    """Pieces of paths, those of a path side by side, with the output at both ends."""

    path: Array
    low: Array
    high: Array
    at_low: Array
    at_high: Array

    def cut(self, open_: Array, t: Array, at: Array) -> _Pieces:
        """Keep the pieces of the mask `open_`, each cut in two at t where the output is `at`."""

        def both(first: Array, second: Array) -> Array:
            stacked = np.stack([first, second], axis=1)
            return stacked.reshape(-1, *stacked.shape[2:])

        return _Pieces(
            np.repeat(self.path[open_], 2),
            both(self.low[open_], t),
            both(t, self.high[open_]),
            both(self.at_low[open_], at),
            both(at, self.at_high[open_]),
        )


@dataclass(frozen=True)
class _Paths:
    """Straight lines from `start` by `step`, both (m, d)."""

    network: Network
    start: Array
    step: Array
    targets: Array | None

    def integrals(self, tolerance: float) -> Array:
        """Integrate the gradient times the step along each line: (m, d[, K])."""
        every = np.arange(len(self.start))
        low, high = np.zeros(len(every)), np.ones(len(every))
        pieces = _Pieces(every, low, high, self._outputs(every, low), self._outputs(every, high))
        allowed = _allowed(pieces, tolerance)
        total = np.zeros((*self.start.shape, *allowed.shape[1:]))
        nodes, weights, coarse = _rule(True)
        left = _MOST * len(every)
        while True:
            along = self._along(pieces, nodes)
            width = pieces.high - pieces.low
            mean = np.einsum("pqd...,q->pd...", along, weights)
            integral = mean * width.reshape(-1, *[1] * (mean.ndim - 1))
            missed = np.abs(pieces.at_high - pieces.at_low - integral.sum(axis=1))
            apart = np.abs(np.einsum("pqd...,q->pd...", along, weights - coarse))
            apart = apart.max(axis=1) * width.reshape(-1, *[1] * (mean.ndim - 2))
            excess = np.maximum(missed, apart / _LOOSER) / allowed[pieces.path]
            worst = excess.reshape(len(excess), -1).max(axis=1)
            open_ = worst > np.maximum(width, _LEAST_SHARE)
            left -= len(pieces.path) * len(nodes)
            nodes, weights, coarse = _rule(False)
            if left < 2 * len(nodes) * open_.sum():
                open_[:] = False
            add_by_sample(total, pieces.path[~open_], integral[~open_])
            if not open_.any():
                return total
            t = _kinks(pieces, open_, along.sum(axis=2), excess)
            pieces = pieces.cut(open_, t, self._outputs(pieces.path[open_], t))

    def _outputs(self, path: Array, t: Array) -> Array:
        """Return the explained output at the point t of each path: (p[, K])."""
        outputs = self.network.outputs(self._points(path, t))
        return chosen(outputs, None if self.targets is None else self.targets[path])

    def _along(self, pieces: _Pieces, nodes: Array) -> Array:
        """Return gradients times steps at the nodes of each piece: (p, q, d[, K])."""
        t = pieces.low[:, None] + (pieces.high - pieces.low)[:, None] * nodes
        path = np.repeat(pieces.path, len(nodes))
        own = None if self.targets is None else self.targets[path]
        found = slopes(self.network, self._points(path, t.ravel()), own)
        parts = per_feature(self.step[path], np.asarray(found, dtype=np.float64))
        return parts.reshape(len(pieces.path), len(nodes), *parts.shape[1:])

    def _points(self, path: Array, t: Array) -> Array:
        points: Array = self.start[path] + t[:, None].astype(self.step.dtype) * self.step[path]
        return points


@lru_cache
def _rule(first: bool) -> tuple[Array, Array, Array]:
    """Return nodes on [0, 1], weights, and the weights of a coarser rule on every other node.

    A whole path gets Gauss–Legendre nodes; a piece its middle and points next to its ends. Without
    those, kinks near both ends go unseen: cuts are made where lines through the ends meet, and
    make their errors cancel.
    """
    nodes = gauss_legendre(_FIRST)[0] if first else np.array([_NEAR, 0.5, 1 - _NEAR])
    coarse = np.zeros(len(nodes))
    coarse[::2] = _interpolatory(nodes[::2])
    return nodes, _interpolatory(nodes), coarse


def _interpolatory(nodes: Array) -> Array:
    """Return the weights that integrate polynomials through `nodes` over [0, 1]."""
    powers = np.polynomial.legendre.legvander(2 * nodes - 1, len(nodes) - 1)
    weights: Array = np.linalg.solve(powers.T, np.eye(len(nodes))[0])
    return weights


def _allowed(paths: _Pieces, tolerance: float) -> Array:
    """Return by how much the values of each whole path may fail to add up: (m[, K])."""
    change = np.abs(paths.at_high - paths.at_low)
    size = np.maximum(np.abs(paths.at_high), np.abs(paths.at_low))
    allowed: Array = np.maximum(tolerance * np.maximum(1.0, change), _NOISE * size)
    return allowed


def _kinks(pieces: _Pieces, open_: Array, slope: Array, excess: Array) -> Array:
    """Return where the straight lines through the ends of each open piece meet, or its middle.

    `slope` (p, q[, K]) are derivatives along the path at the nodes; the output that misses most
    decides.
    """
    rows = np.arange(int(open_.sum()))
    worst = excess[open_].reshape(len(rows), -1).argmax(axis=1)

    def of_worst(values: Array) -> Array:
        picked: Array = values[open_].reshape(len(rows), -1)[rows, worst]
        return picked

    low, high = pieces.low[open_], pieces.high[open_]
    first, last = of_worst(slope[:, 0]), of_worst(slope[:, -1])
    rise = of_worst(pieces.at_high - pieces.at_low)
    bend = first - last
    meet = (rise + first * low - last * high) / np.where(bend == 0, 1.0, bend)
    margin = _MARGIN * (high - low)
    inside = (bend != 0) & (meet > low + margin) & (meet < high - margin)
    return np.where(inside, meet, (low + high) / 2)
