"""What the two models answer: confusions, flips, and how far their confidence can be relied on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explainprune.analysis.comparison.agreements import measure
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.cut_offs import cut_offs_of
from explainprune.analysis.comparison.slices import by_class, by_group, class_name, labels_of
from explainprune.analysis.intervals import crossed_mean
from explainprune.analysis.intervals.shared import LEVEL
from explainprune.analysis.metrics.behaviour.accuracy import accuracy
from explainprune.analysis.metrics.behaviour.ece import bins_of, confidence
from explainprune.analysis.metrics.behaviour.prediction import predicted
from explainprune.analysis.verdict.same_reasons import FEWEST_UNITS
from explainprune.types import Answers, Array, Bin, Metric
from explainprune.types.answers import Cells, Fall

MOST_CELLS = 400
"""Entries of a matrix that are kept at most, the most frequent ones."""


def answers_of(case: Case) -> Answers:
    """Gather what both models of a pair answer on the scored rows; nothing for a regression."""
    if case.task != "classification":
        return Answers()
    pair = {each.name: each for each in (case.dense, case.other)}
    ours, theirs = (each.classes for each in pair.values())
    labels, flipped = labels_of(case.data, case.dense), ours != theirs
    classes = max(2, case.dense.network.n_outputs)
    known = Answers(
        classes=tuple(class_name(case.data, index) for index in range(classes)),
        rows=len(ours),
        flips=cells(ours[flipped], theirs[flipped]),
    )
    if labels is None:
        return known
    lost = flipped & (ours == labels)
    return replace(
        known,
        confusion={name: cells(labels, each.classes) for name, each in pair.items()},
        negative=cells(ours[lost], theirs[lost]),
        positive=int((flipped & (theirs == labels)).sum()),
        reliability={name: _reliability(case, each.logits, labels) for name, each in pair.items()},
        fall=worst_fall(case),
        cut_offs=cut_offs_of(case),
    )


def cells(rows: Array, columns: Array) -> Cells:
    """Count how often each pair of classes occurs.

    >>> cells(np.array([0, 2, 2]), np.array([1, 2, 2]))
    ((2, 2, 2), (0, 1, 1))
    """
    if not len(rows):
        return ()
    pairs, counts = np.unique(np.stack([rows, columns], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_CELLS]
    return tuple((int(pairs[i, 0]), int(pairs[i, 1]), int(counts[i])) for i in order)


def _reliability(case: Case, logits: Array, labels: Array) -> tuple[Bin, ...]:
    """Return the share that is right in each bin of like confidence, with its interval."""
    sure, right = confidence(logits), np.asarray(predicted(logits) == labels, dtype=np.float64)
    place, seed, share = bins_of(sure), case.settings.seed, Metric("share", bounds=(0.0, 1.0))
    found = []
    for each in range(int(place.max()) + 1):
        rows = np.flatnonzero(place == each)
        units = case.units.take(rows)
        mean = float(units.mean(sure[rows]))
        found.append(Bin(mean, measure(share, right[rows], units, seed=seed)))
    return tuple(found)


def worst_fall(case: Case) -> Fall | None:
    """Find the class or group whose accuracy falls most, of those with rows enough.

    Both models answer the same rows, so that the interval is of paired differences; by Bonferroni
    it allows for all classes and groups that were looked at. None where nothing falls.
    """
    labels = case.data.y
    if case.task != "classification" or labels is None or case.certain:
        return None
    right = [accuracy(each.deciding, None, labels) for each in (case.dense, case.other)]
    lost = right[0] - right[1]
    spreads = {}
    for name, where in (by_class(case.data, case.dense) | by_group(case.data)).items():
        index = np.flatnonzero(where)
        spread = crossed_mean(lost[index][None], case.units.take(index)) if len(index) else None
        if spread is not None and spread.n_rows >= FEWEST_UNITS:
            spreads[name] = (spread, index)
    if not spreads:
        return None
    name = max(spreads, key=lambda each: spreads[each][0].value)
    spread, index = spreads[name]
    if spread.value <= 0:
        return None
    units = case.units.take(index)
    before, after = (float(units.mean(rows[index])) for rows in right)
    level = 1 - (1 - LEVEL) / len(spreads)
    found = spread.measure(level=level, bounds=(-1.0, 1.0))
    return Fall(name, before, after, found, len(spreads))
