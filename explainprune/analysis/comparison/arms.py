"""Attributions of every arm, explained alike: same background, draws and targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.comparison.backgrounds import Backgrounds
from explainprune.analysis.comparison.copies import Copies
from explainprune.analysis.comparison.subjects import Subject
from explainprune.types import Array, Attribution, Inputs
from explainprune.types.arrays import rows as take

EXPLANATIONS = 600
"""Rows × redraws that are explained at least: few rows meet several redraws each."""
MARK_ROWS = 1000
"""Most rows on which the random-weights copies are explained: a scale mark needs no more."""
SHUFFLES = 5


@dataclass(frozen=True, eq=False)
class Met:
    """Attributions of one subject on some of the scored rows.

    Attributes
    ----------
    subject : Subject
    index : ndarray of int (m,)
        Which scored rows.
    values : ndarray (m, p)
    base : ndarray (m,)
    """

    subject: Subject
    index: Array
    values: Array
    base: Array


@dataclass(frozen=True, eq=False)
class Explainer:
    """One method with everything that arms share.

    Attributes
    ----------
    method : callable
    x : Inputs
        Scored rows.
    background : Inputs
    targets : ndarray of int (n,)
    players : tuple of int or None
    seed : int
    """

    method: Callable[..., Any]
    x: Inputs
    background: Inputs
    targets: Array
    players: tuple[int, ...] | None
    seed: int

    def attribution(
        self, subject: Subject, index: Array | None = None, background: Inputs | None = None
    ) -> Attribution:
        """Explain `subject` on all rows, or those at `index`."""
        chosen = slice(None) if index is None else index
        return attribute(
            # The network has one output for one unit; a model would be asked for both classes.
            subject.network,
            take(self.x, chosen),
            background=self.background if background is None else background,
            method=self.method,
            target=self.targets[chosen],
            output=subject.kind,
            players=self.players,
            seed=self.seed,
        )

    def __call__(
        self, subject: Subject, index: Array | None = None, background: Inputs | None = None
    ) -> Met:
        """Explain `subject` and lay the values flat."""
        found = self.attribution(subject, index, background)
        at = np.arange(len(self.targets)) if index is None else index
        return Met(subject, at, flat(found), np.asarray(found.base, dtype=np.float64))


def flat(attribution: Attribution) -> Array:
    """Lay values flat: several inputs one after another."""
    parts = attribution.values
    arrays = list(parts.values()) if isinstance(parts, dict) else [parts]
    return np.concatenate([a.reshape(len(a), -1) for a in arrays], axis=1).astype(np.float64)


def redrawn(explain: Explainer, dense: Subject, backgrounds: Backgrounds) -> Iterator[Met]:
    """Explain the dense model under redrawn backgrounds, every row under at least one.

    Rows take turns: row i meets redraws i, i + 1, … modulo their number, so that all redraws are
    averaged over at little more than the price of one.
    """
    for turn, index in _turns(len(explain.targets), len(backgrounds.redrawn)):
        yield explain(dense, index, backgrounds.redrawn[turn])


def random_weights(explain: Explainer, copies: Copies, index: Array) -> Iterator[Met]:
    """Explain copies with random weights, on the rows of `index`, which take turns.

    Measure each before asking for the next: they share one model.
    """
    for turn, part in _turns(len(index), len(copies)):
        yield explain(copies.load(turn), index[part])


def shuffled(dense: Met, index: Array, seed: int) -> Iterator[Met]:
    """Match each row of `index` with the dense model's attributions of another of them."""
    n = len(index)
    rng = stream(seed, "shuffled samples")
    for _ in range(min(SHUFFLES, n - 1)):
        order = rng.permutation(n)
        # Each row takes its successor on a random circle: never itself.
        partner = np.empty(n, dtype=np.int64)
        partner[order] = np.roll(order, 1)
        taken = index[partner]
        yield replace(dense, index=index, values=dense.values[taken], base=dense.base[taken])


def mark_rows(n: int, seed: int) -> Array:
    """Choose the rows on which scale marks are measured."""
    if n <= MARK_ROWS:
        return np.arange(n)
    return np.sort(stream(seed, "scale marks").choice(n, MARK_ROWS, replace=False))


def _turns(n: int, count: int) -> Iterator[tuple[int, Array]]:
    """Deal n rows to `count` arms, each row to as many as `EXPLANATIONS` asks for."""
    each = min(count, max(1, EXPLANATIONS // n))
    position = np.arange(n)
    for turn in range(count):
        index = position[(turn - position) % count < each]
        if len(index):
            yield turn, index
