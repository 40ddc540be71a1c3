"""The smallest part of a network that a search finds at a given loss, and what it is searched by.

Connections go in order of the loss that cutting them adds to first order, a tenth of what is left
at a time, down to nothing. From the smallest set whose loss is low enough, units and then single
connections are tried one by one, by their true loss, until none can go. The result is minimal in
that sense; a smaller set may exist, since all sets are too many to try.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from explainprune.analysis.understanding.edges import Loss, Wired
from explainprune.types import Array

SHARE = 0.1
RIDGE = 1e-3
NEWTON = 12


def smallest(wired: Wired, x: Array, loss: Loss, most: float) -> Array | None:
    """Return the connections to keep for a loss of at most `most`; None where none was found.

    Both signed effects and their sizes are tried as orders; the smaller set is returned.
    """
    found = [_refined(wired, x, loss, most, path) for path in _paths(wired, x, loss, most)]
    return min(found, key=lambda keep: int(keep.sum()), default=None)


def _paths(wired: Wired, x: Array, loss: Loss, most: float) -> list[Array]:
    """Return the smallest set that is good enough on the way down, for each order that has one."""
    found = []
    for order in (lambda effect: effect, np.abs):
        keep, best = wired.on_a_way(np.ones(wired.size, bool)), None
        while keep.any():
            value, effect = wired.effects(x, keep, loss)
            if value <= most:
                best = keep.copy()
            left = np.flatnonzero(keep)
            count = max(1, int(SHARE * len(left)))
            keep[left[np.argsort(order(effect[left]), kind="stable")[:count]]] = False
            keep = wired.on_a_way(keep)
        if best is not None:
            found.append(best)
    return found


def _refined(wired: Wired, x: Array, loss: Loss, most: float, keep: Array) -> Array:
    """Take away units, then connections, one by one, until none can go."""
    while True:
        before = int(keep.sum())
        _, effect = wired.effects(x, keep, loss)
        for going in _candidates(wired, keep, effect):
            if not (keep & going).any():
                continue
            tried = wired.on_a_way(keep & ~going)
            if loss(wired.outputs(x, tried))[0] <= most:
                keep = tried
        if int(keep.sum()) == before:
            return keep


def _candidates(wired: Wired, keep: Array, effect: Array) -> Iterator[Array]:
    """Yield sets of connections to try: those of each unit or input, then each; cheapest first."""
    units = [
        wired.touching(source, int(element))
        for source, alive in wired.elements(keep).items()
        for element in np.flatnonzero(alive)
    ]
    units.sort(key=lambda going: float(effect[going & keep].sum()))
    yield from units
    for edge in np.flatnonzero(keep)[np.argsort(effect[keep], kind="stable")]:
        going = np.zeros(wired.size, bool)
        going[edge] = True
        yield going


@dataclass(frozen=True)
class Fitted:
    """A straight line over log-odds: what a circuit's scale and offset are forgiven."""

    scale: float
    shift: float


def log_odds(outputs: Array, target: int) -> tuple[Array, Array]:
    """Return the log-odds of a class against all others, and their gradient by the outputs.

    One output is the log-odds of class 1.
    """
    if outputs.shape[1] == 1:
        sign = 1.0 if target == 1 else -1.0
        return sign * outputs[:, 0], np.full(outputs.shape, sign)
    others = np.delete(outputs, target, axis=1)
    top = others.max(axis=1)
    total = top + np.log(np.exp(others - top[:, None]).sum(axis=1))
    gradient = np.insert(-np.exp(others - total[:, None]), target, 1.0, axis=1)
    return outputs[:, target] - total, gradient


def class_loss(target: int, is_class: Array) -> Loss:
    """Return the balanced log loss of one class, at the line over log-odds that suits it best.

    The class and the rest weigh half each: log 2 is guessing.
    """
    weight = np.where(is_class, 0.5 / is_class.sum(), 0.5 / (~is_class).sum())

    def loss(outputs: Array) -> tuple[float, Array]:
        odds, gradient = log_odds(outputs, target)
        line = fitted(odds, is_class, weight)
        z = line.scale * odds + line.shift
        by_odds = line.scale * weight * (expit(z) - is_class)  # the line is at its best: it stays
        return balanced(z, is_class, weight), by_odds[:, None] * gradient

    return loss


def balanced(z: Array, is_class: Array, weight: Array) -> float:
    """Return the weighted log loss of log-odds z."""
    return float(weight @ np.logaddexp(0.0, np.where(is_class, -z, z)))


def fitted(odds: Array, is_class: Array, weight: Array) -> Fitted:
    """Fit scale ≥ 0 and shift by Newton steps; a small ridge keeps separable rows finite."""
    middle, spread = weight @ odds, float(odds.std())
    if spread < 1e-12:
        return Fitted(0.0, 0.0)
    u = (odds - middle) / spread
    at = np.array([1.0, 0.0])
    for _ in range(NEWTON):
        p = expit(at[0] * u + at[1])
        error, bend = weight * (p - is_class), weight * p * (1 - p)
        slope = u @ error + RIDGE * at[0], error.sum()
        a, b, c = bend @ u**2 + RIDGE, bend @ u, bend.sum() + 1e-9  # two equations, solved by hand
        solved = (c * slope[0] - b * slope[1], a * slope[1] - b * slope[0])
        step = np.array(solved) / (a * c - b * b)
        at = at - np.clip(step, -4, 4)
        if np.abs(step).max() < 1e-9:
            break
    if at[0] <= 0:
        return Fitted(0.0, 0.0)
    return Fitted(float(at[0] / spread), float(at[1] - at[0] * middle / spread))


def trace_loss(target: int, whole: Array, nothing: Array) -> Loss:
    """Return the share of the log-odds' distance from nothing kept that is lost, squared."""
    wanted = log_odds(whole, target)[0]
    scale = float(np.mean((log_odds(nothing, target)[0] - wanted) ** 2))

    def loss(outputs: Array) -> tuple[float, Array]:
        odds, gradient = log_odds(outputs, target)
        away = odds - wanted
        return float(np.mean(away**2)) / scale, (2 * away / (scale * len(away)))[:, None] * gradient

    return loss
