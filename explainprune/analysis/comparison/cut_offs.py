"""Decisions between two classes by a cut-off of one's own, and what others would make of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.copies import Copies
from explainprune.analysis.comparison.slices import by_group, class_name, labels_of
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.intervals import crossed_mean
from explainprune.analysis.reasons.deciding import CutOff
from explainprune.types import Array, Measure
from explainprune.types.answers import AtCutOff, CutOffs

CURVE = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Cut-offs of the curve; the stated one is among them."""
EVEN = 0.5
WHOLE = "all rows"


def decided_by(case: Case, cut: CutOff | None) -> Case:
    """Let every model of two classes decide by the cut-off, where one is stated.

    What reads decisions follows it: accuracy, recall, precision, flips. What reads probabilities
    (log loss, calibration, AUC) and the explained output don't.
    """
    if cut is None or case.dense.network.n_outputs != 2:
        return case

    def by(subject: Subject) -> Subject:
        return replace(subject, cut=(cut.adverse, cut.threshold))

    copies = Copies(tuple(map(by, case.copies.subjects)), case.copies.weights, case.copies.of)
    return replace(
        case,
        dense=by(case.dense),
        other=by(case.other),
        arms={name: by(arm) for name, arm in case.arms.items()},
        copies=copies,
    )


def cut_offs_of(case: Case) -> CutOffs | None:
    """Lay out both models' decisions over cut-offs; None but for two classes with labels."""
    labels = labels_of(case.data, case.dense)
    if case.task != "classification" or labels is None or case.dense.network.n_outputs != 2:
        return None
    of, stated = case.dense.cut or (1, None)
    at = EVEN if stated is None else stated
    pair = {each.name: each.chance_of(of) for each in (case.dense, case.other)}
    everything = np.ones(len(labels), dtype=bool)
    cuts = {WHOLE: everything, **by_group(case.data)}
    chances = sorted({*CURVE, at})
    return CutOffs(
        of=class_name(case.data, of),
        stated=stated,
        curve={
            name: tuple(at_cut_off(case, chance, labels == of, p, everything) for p in chances)
            for name, chance in pair.items()
        },
        within={
            name: {
                model: at_cut_off(case, chance, labels == of, at, where)
                for model, chance in pair.items()
            }
            for name, where in cuts.items()
        },
    )


def at_cut_off(case: Case, chance: Array, true: Array, cut: float, where: Array) -> AtCutOff:
    """Measure the decisions at one cut-off, on some of the rows.

    Parameters
    ----------
    chance : ndarray (n,)
        Of the class, for each scored row.
    true : ndarray of bool (n,)
        Rows of that class.
    cut : float
        From which chance on it is decided.
    where : ndarray of bool (n,)
    """
    decided = chance >= cut
    return AtCutOff(
        cut,
        decided=_share(case, decided, where, "no rows"),
        recall=_share(case, decided, where & true, "no rows of that class"),
        false_alarms=_share(case, decided, where & ~true, "no rows of another class"),
        precision=_share(case, true, where & decided, "decided for no row"),
    )


def _share(case: Case, yes: Array, where: Array, none: str) -> Measure:
    """Return the share of rows with its interval."""
    index = np.flatnonzero(where)
    if not len(index):
        return Measure(None, None, 0, "samples", none)
    values = yes[index].astype(np.float64)
    return crossed_mean(values[None], case.units.take(index)).measure(certain=False)
