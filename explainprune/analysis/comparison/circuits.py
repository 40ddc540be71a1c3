"""How small a part of each network does one job, beside what a search finds by chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from explainprune import network as networks
from explainprune.analysis.attribution.reading.packing import pack
from explainprune.analysis.attribution.sampling.streams import stream
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.metrics.behaviour.prediction import as_labels, predicted
from explainprune.analysis.understanding.circuit import allowed_loss, redrawn
from explainprune.analysis.understanding.edges import Loss, Wired, wired
from explainprune.analysis.understanding.searching import class_loss, smallest
from explainprune.types import Array, Measure, Rows

SIZE, CHANCE = "circuit", "circuit_by_chance"
"""Mean connections of the smallest part found for a class; how often chance did with as few."""
MOST = 10_000
"""Multiply-adds of a row up to which a search is cheap: some seconds for both networks."""
CLASSES, ROWS = 3, 200
"""Classes that are searched for, the most frequent ones, and rows that are searched on."""
ONCE = "a search on fixed rows has no interval; over seeds there is one"
"""Why the size of one pair's circuits has no interval."""


@dataclass(frozen=True)
class Circuits:
    """What was found of one network: figures by name, or why there are none."""

    figures: dict[str, Measure] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, eq=False)
class Searched:
    """A network by its connections, with the rows that are searched on.

    Attributes
    ----------
    subject : Subject
    wired : Wired
    x, background : ndarray
        Flat, as the network reads them.
    """

    subject: Subject
    wired: Wired
    x: Array
    background: Array

    @cached_property
    def outputs(self) -> Array:
        """What the whole network says of the rows: all connections that lead somewhere."""
        return self.wired.outputs(self.x, self.wired.on_a_way(np.ones(self.wired.size, bool)))


def circuits_of(case: Case) -> dict[str, Circuits]:
    """Search both networks for the smallest parts that tell classes apart, as well in both.

    The loss that is asked for keeps 90 % of what the worse of the two gains over guessing. What a
    size is worth is told by the same search on shuffled labels, and in the network with random
    weights: so often did it come as far with as few connections. See `xp.circuit`.

    Returns
    -------
    dict of str to Circuits
        Of the two networks; none of regressions and formulas.
    """
    pair = (case.dense, case.other)
    if case.task != "classification" or any(each.keras_model is None for each in pair):
        return {}
    try:
        found = _found(case, pair)
    except ValueError as reason:
        found = [Circuits(note=f"No circuits were searched for: {reason}")]
    return {each.name: found[min(k, len(found) - 1)] for k, each in enumerate(pair) if found}


def _found(case: Case, pair: tuple[Subject, Subject]) -> list[Circuits]:
    """Search both networks, or the one that both are; nothing where rows are of one class."""
    learn = _rows(case)
    both = [_searched(case, each, learn) for each in pair]
    y = _labels(case, both[0], learn)
    counts = np.bincount(y, minlength=max(2, both[0].wired.network.output.width))
    chosen = [1] if len(counts) == 2 else np.argsort(-counts, kind="stable")[:CLASSES]
    jobs = [int(target) for target in chosen if 0 < counts[target] < len(y)]
    alone = both[: 2 - case.certain] if jobs else []  # a model beside itself is searched once
    return [_figures([*_sizes(each, both, y, jobs, case.settings.seed)]) for each in alone]


def _rows(case: Case) -> Rows:
    learn = case.data.learnable
    if len(learn) <= ROWS:
        return learn
    picked = stream(case.settings.seed, "circuits").choice(len(learn), ROWS, replace=False)
    return learn.take(np.sort(picked))


def _searched(case: Case, subject: Subject, learn: Rows) -> Searched:
    """Take a network apart.

    Raises
    ------
    ValueError
        If it is too large, or units aren't element-wise.
    """
    steps = networks.size_of(subject.keras_model, gzip=False).flops // 2
    if steps > MOST:
        raise ValueError(f"{steps:,} multiply-adds a row are more than {MOST:,}.")
    joined = case.backgrounds.joined(case.backgrounds.first)
    x, background = (
        np.asarray(pack(subject.network, part, "data"), np.float64) for part in (learn.x, joined)
    )
    parts = wired(networks.unroll(subject.keras_model), background)
    return Searched(subject, parts, x, background)


def _labels(case: Case, dense: Searched, learn: Rows) -> Array:
    """Return the class of each row; without labels, what the dense network says."""
    if case.data.y is None or learn.y is None:
        return predicted(dense.outputs)
    return as_labels(learn.y, dense.outputs)


def _sizes(
    one: Searched, both: list[Searched], y: Array, jobs: list[int], seed: int
) -> Iterator[tuple[float, list[bool]]]:
    """Yield, for each class, how many connections do, and which controls need no more."""
    rng = stream(seed, "nonsense")
    random = redrawn(one.subject.keras_model, one.background, seed + 1)
    for target in jobs:
        is_class = y == target
        own, shuffled = (class_loss(target, each) for each in (is_class, rng.permutation(is_class)))
        most = allowed_loss(max(own(each.outputs)[0] for each in both))
        size = _size(one.wired, one.x, own, most)
        by_chance = (_size(one.wired, one.x, shuffled, most), _size(random, one.x, own, most))
        yield size, [each <= size for each in by_chance]


def _size(network: Wired, x: Array, loss: Loss, most: float) -> float:
    """Count the connections of the smallest part found; infinite where none reaches the loss."""
    keep = smallest(network, x, loss, most)
    return np.inf if keep is None else float(keep.sum())


def _figures(found: list[tuple[float, list[bool]]]) -> Circuits:
    from scipy.stats import binomtest

    sizes, by_chance = zip(*found, strict=True)
    hits = [hit for each in by_chance for hit in each]
    ends = binomtest(sum(hits), len(hits)).proportion_ci(method="exact")
    interval = float(ends.low), float(ends.high)
    share = sum(hits) / len(hits)
    return Circuits({
        SIZE: Measure(float(np.mean(sizes)), None, len(sizes), "classes", ONCE),
        CHANCE: Measure(share, interval, len(hits), "searches", "exact binomial interval"),
    })  # fmt: skip
