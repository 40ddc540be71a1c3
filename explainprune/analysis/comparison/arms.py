"""Attributions of every arm, explained alike: same backgrounds, draws and targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np

from explainprune.analysis.attribution import attribute
from explainprune.analysis.attribution.methods import linear_in_background
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.comparison.backgrounds import Backgrounds, index_of
from explainprune.analysis.comparison.copies import Copies
from explainprune.analysis.comparison.subjects import Subject
from explainprune.types import Array, Attribution, Inputs
from explainprune.types.arrays import n_rows
from explainprune.types.arrays import rows as take

EXPLANATIONS = 160
"""Rows × copies that are explained at least: of few rows, each meets several copies."""
MARK_ROWS = 400
"""Most rows on which scale marks are measured: they need no more."""
MARK_BACKGROUND = (40, 20)
"""Background rows that copies with random weights are explained against, at most; and of a network
that costs much."""
SHUFFLES = 5


@dataclass(frozen=True, eq=False)
class Met:
    """Attributions of one subject on some of the scored rows.

    Attributes
    ----------
    subject : Subject
    index : ndarray of int (m,)
        Which scored rows.
    each : ndarray (R, m, p)
        Under each background, averaged over the explainer's draws.
    base : ndarray (m,)
        Mean over backgrounds.
    draws : int
        Independent draws of the explainer that `each` is averaged over.
    """

    subject: Subject
    index: Array
    each: Array
    base: Array
    draws: int = 1

    @cached_property
    def values(self) -> Array:
        """Mean over backgrounds: (m, p)."""
        mean: Array = self.each.mean(axis=0)
        return mean

    def with_more(self, more: Met) -> Met:
        """Average with further draws of the explainer under the same backgrounds."""
        total = self.draws + more.draws
        weights = self.draws / total, more.draws / total
        each = weights[0] * self.each + weights[1] * more.each
        return replace(
            self, each=each, base=weights[0] * self.base + weights[1] * more.base, draws=total
        )

    def beside(self, more: Met) -> Met:
        """Put attributions under further backgrounds after those that are there."""
        ours, theirs = len(self.each), len(more.each)
        base = (ours * self.base + theirs * more.base) / (ours + theirs)
        return replace(self, each=np.concatenate([self.each, more.each]), base=base)


@dataclass(frozen=True, eq=False)
class Remembered:
    """Explanations of one model, which comparisons with several others share.

    They hang on rows, backgrounds, draws and the output's kind, never on the other model.
    """

    model: Any
    found: dict[Any, tuple[Array, Array]] = field(default_factory=dict)

    def of(
        self, subject: Subject, key: Any, explain: Callable[[], tuple[Array, Array]]
    ) -> tuple[Array, Array]:
        """Return what is remembered of this model, else what `explain` finds."""
        if subject.model is not self.model:
            return explain()
        if key not in self.found:
            self.found[key] = explain()
        return self.found[key]


@dataclass(frozen=True, eq=False)
class PairedExplainer:
    """One method with everything that arms share.

    Attributes
    ----------
    method : callable
    x : Inputs
        Scored rows.
    backgrounds : Backgrounds
    targets : ndarray of int (n,)
    players : tuple of int or None
    seed : int
    flat : callable
        Lays inputs flat, as networks that are no Keras models read them.
    remembered : Remembered, optional
    options : mapping
        The method's own.
    costly : bool
        Whether the network costs much: then marks are explained against fewer rows.
    """

    method: Callable[..., Any]
    x: Inputs
    backgrounds: Backgrounds
    targets: Array
    players: tuple[int, ...] | None
    seed: int
    flat: Callable[[Inputs], Array]
    remembered: Remembered | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    costly: bool = False

    @property
    def sampled(self) -> bool:
        """Whether the method draws at random, so that a second run explains otherwise."""
        return "rng" in signature(self.method).parameters

    @property
    def linear(self) -> bool:
        """Whether attributions are averages over background rows."""
        return linear_in_background(self.method)

    def __call__(
        self,
        subject: Subject,
        index: Array | None = None,
        *,
        draws: range | None = None,
        repeats: range = range(1),
    ) -> Met:
        """Explain `subject` on all rows, or those at `index`, under some of the backgrounds.

        Draws of the explainer follow from the background's number and the repeat's, never from
        the subject: two models share them within a background, and no two backgrounds do.
        """
        found: Met | None = None
        draws = range(self.backgrounds.first) if draws is None else draws
        for repeat in repeats:
            parts = [
                self._under(subject, index, self.backgrounds[j], f"explainer {j} {repeat}")
                for j in draws
            ]
            at = np.arange(len(self.targets)) if index is None else index
            bases = np.mean([part[1] for part in parts], axis=0)
            met = Met(subject, at, np.stack([part[0] for part in parts]), bases)
            found = met if found is None else found.with_more(met)
        assert found is not None
        return found

    def roughly(self, subject: Subject, index: Array) -> Met:
        """Explain `subject` once, against some rows of all backgrounds taken together."""
        rows = self.backgrounds[0]
        if self.linear:
            rows = self.backgrounds.joined(self.backgrounds.first)
            total = n_rows(rows, "background")
            if total > (most := MARK_BACKGROUND[self.costly]):
                rng = stream(self.seed, "background of marks")
                rows = take(rows, rng.choice(total, most, replace=False))
        values, base = self._under(subject, index, rows, "explainer 0 0")
        return Met(subject, index, values[None], base)

    def _under(
        self, subject: Subject, index: Array | None, background: Inputs, name: str
    ) -> tuple[Array, Array]:
        chosen = slice(None) if index is None else index
        shaped = hasattr(subject.network, "pack")
        rows = take(self.x, chosen) if shaped else subject.x[chosen]

        def explain() -> tuple[Array, Array]:
            return self.values(subject, rows, self.targets[chosen], background, name)

        if self.remembered is None:
            return explain()
        place = None if index is None else index.tobytes()
        options = tuple(sorted(self.options.items()))
        key = (self.method, options, subject.kind, name, place)  # the name says which background
        return self.remembered.of(subject, key, explain)

    def values(
        self, subject: Subject, rows: Inputs, targets: Array, background: Inputs, name: str
    ) -> tuple[Array, Array]:
        """Explain rows as the subject reads them, with the draws called `name`: values and base."""
        shaped = hasattr(subject.network, "pack")
        found = attribute(
            subject.network,
            rows,
            background=background if shaped else self.flat(background),
            method=self.method,
            target=targets,
            output=subject.kind,
            players=self.players,
            seed=index_of(self.seed, name),
            **self.options,
        )
        return flat(found), np.asarray(found.base, dtype=np.float64)


def flat(attribution: Attribution) -> Array:
    """Lay values flat: several inputs one after another."""
    parts = attribution.values
    arrays = list(parts.values()) if isinstance(parts, dict) else [parts]
    return np.concatenate([a.reshape(len(a), -1) for a in arrays], axis=1).astype(np.float64)


def halves(dense: Met) -> tuple[Met, Met]:
    """Return the dense model's attributions under half of the backgrounds, and the other half."""
    middle = len(dense.each) // 2
    return replace(dense, each=dense.each[:middle]), replace(dense, each=dense.each[middle:])


def random_weights(explain: PairedExplainer, copies: Copies, index: Array) -> Iterator[Met]:
    """Explain copies with random weights, on the rows of `index`, which take turns.

    Measure each before asking for the next: they share one model.
    """
    for turn, part in _turns(len(index), len(copies)):
        yield explain.roughly(copies.load(turn), index[part])


def shuffled(dense: Met, index: Array, seed: int) -> Iterator[Met]:
    """Match each row of `index` with the dense model's attributions of another of them."""
    n = len(index)
    rng = stream(seed, "shuffled samples")
    values = dense.values[None]
    for _ in range(min(SHUFFLES, n - 1)):
        order = rng.permutation(n)
        # Each row takes its successor on a random circle: never itself.
        partner = np.empty(n, dtype=np.int64)
        partner[order] = np.roll(order, 1)
        taken = index[partner]
        yield replace(dense, index=index, each=values[:, taken], base=dense.base[taken])


def mark_rows(n: int, seed: int) -> Array:
    """Choose the rows on which scale marks are measured."""
    return some_rows(n, MARK_ROWS, seed, "scale marks")


def some_rows(n: int, most: int, seed: int, name: str) -> Array:
    """Return the rows, or a sorted sample of `most` of them from the stream `name`."""
    if n <= most:
        return np.arange(n)
    return np.sort(stream(seed, name).choice(n, most, replace=False))


def _turns(n: int, count: int) -> Iterator[tuple[int, Array]]:
    """Deal n rows to `count` arms, each row to as many as `EXPLANATIONS` asks for."""
    each = min(count, max(1, EXPLANATIONS // n))
    position = np.arange(n)
    for turn in range(count):
        index = position[(turn - position) % count < each]
        if len(index):
            yield turn, index
