"""How many rows on the adverse side of a cut-off get other reasons from the other model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.slices import by_class, by_group, class_name, labels_of
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.intervals import row_mean
from explainprune.analysis.reasons.codes import differing, in_common, leading
from explainprune.analysis.reasons.deciding import CutOff, Decided, amounts_of, decided, notes_of
from explainprune.analysis.reasons.words import words_of
from explainprune.analysis.verdict.wording import ARMS, capital, count, interval, percent
from explainprune.types import Array, Measure
from explainprune.types.reasons import CodeChanges, CodeUse, ReasonRow

EXAMPLES = 6
MOST_USED = 12
REDRAWN = "reference_redrawn"


@dataclass(frozen=True, eq=False)
class _Codes:
    """One model's reasons for the rows that it puts on the adverse side.

    Attributes
    ----------
    by : Decided
    amounts : ndarray (n, p)
        NaN where a row isn't adverse.
    order : ndarray of int (n, top)
    """

    by: Decided
    amounts: Array
    order: Array


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is asked of every model alike."""

    case: Case
    method: Any
    cut: CutOff

    def codes(self, by: Decided, redraw: str = "") -> _Codes:
        """Explain one model's adverse rows against those that just pass in it."""
        at = np.flatnonzero(by.adverse)
        seed = self.case.settings.seed
        found = amounts_of(by, self.case.data, self.method, self.cut, at, seed, redraw)
        amounts = np.full((len(by.adverse), found.shape[1]), np.nan)
        order = np.full((len(by.adverse), self.cut.top), -1)
        amounts[at], order[at] = found, leading(found, self.cut.top)
        return _Codes(by, amounts, order)

    def decided(self, subject: Subject) -> Decided:
        """Hold the scored rows against the cut-off."""
        return decided(subject, self.case.data, self.cut, self.case.settings.seed)

    def share(self, values: Array, where: Array, *, certain: bool = False) -> Measure:
        """Average values (n,) over the rows at `where`."""
        at = np.flatnonzero(where)
        units, seed = self.case.units.take(at), self.case.settings.seed
        return row_mean(values[at], units, seed=seed, bounds=(0.0, 1.0), certain=certain)

    @cached_property
    def cuts(self) -> Mapping[str, Array]:
        """Classes and groups."""
        return by_class(self.case.data, self.case.dense) | by_group(self.case.data)


def code_changes(case: Case, method: Any, cut: CutOff) -> CodeChanges:
    """Compare the reasons of both models where both put a row on the adverse side.

    Each model's reasons are against the rows that just pass in itself, as it would give them were
    it the one that decides. Beside it stands what two other draws of that reference population
    change in the dense model's reasons, and what each reference arm changes.

    Parameters
    ----------
    case : Case
        Of a classification.
    method : callable
    cut : CutOff
    """
    asked = _Asked(case, method, cut)
    sides = [asked.decided(subject) for subject in (case.dense, case.other)]
    both = sides[0].adverse & sides[1].adverse
    counted: dict[str, Any] = {
        "both": int(both.sum()),
        "dense_alone": int((sides[0].adverse & ~both).sum()),
        "other_alone": int((sides[1].adverse & ~both).sum()),
    }
    bands = {by.subject.name: by.band for by in sides}
    why_not = next((by.why_not for by in sides if by.why_not), "") or (
        "" if both.any() else f"No row has a chance of {cut.name} of {_stated(cut)} in both models."
    )
    if why_not:
        sentence = f"{why_not} There are no reasons to compare."
        return CodeChanges(sentence, cut.name, cut.threshold, cut.top, **counted, references=bands)
    ours, theirs = (asked.codes(by) for by in sides)
    changes = differing(ours.order, theirs.order)
    changed = {
        name: asked.share(values, both, certain=case.certain) for name, values in changes.items()
    }
    marks = _marks(asked, ours)
    notes = " ".join(notes_of(sides[0], case.data))
    return CodeChanges(
        sentence=" ".join([*_sentence(case, cut, counted, changed, marks), notes]).strip(),
        adverse=cut.name,
        threshold=cut.threshold,
        top=cut.top,
        **counted,
        changed=changed,
        slices=_slices(asked, changes, both),
        marks=marks,
        used=_used(asked, ours, theirs, both),
        examples=_examples(asked, ours, theirs, both),
        references=bands,
    )


def _slices(
    asked: _Asked, changes: Mapping[str, Array], both: Array
) -> dict[str, dict[str, Measure]]:
    """Average within each class and group that has adverse rows."""
    certain = asked.case.certain
    return {
        name: {
            key: asked.share(values, where & both, certain=certain)
            for key, values in changes.items()
        }
        for name, where in asked.cuts.items()
        if (where & both).any()
    }


def _marks(asked: _Asked, ours: _Codes) -> dict[str, Measure]:
    """Say what else changes the dense model's reasons."""
    by = ours.by
    draws = [asked.codes(by, f"reference {number}").order for number in (1, 2)]
    marks = {REDRAWN: asked.share(differing(*draws)["set"], by.adverse)}
    for name, arm in asked.case.arms.items():
        theirs = asked.decided(arm)
        where = by.adverse & theirs.adverse
        if where.any() and not theirs.why_not:
            changes = differing(ours.order, asked.codes(theirs).order)
            marks[name] = asked.share(changes["set"], where)
    return marks


def _used(asked: _Asked, ours: _Codes, theirs: _Codes, both: Array) -> tuple[CodeUse, ...]:
    """Say how often each feature is among the reasons, the most frequent first."""
    p = ours.amounts.shape[1]
    held = [
        (c.order[:, :, None] == np.arange(p)).any(axis=1).astype(np.float64) for c in (ours, theirs)
    ]
    often = np.maximum(*(h[both].mean(axis=0) for h in held))
    names = words_of(ours.by, asked.case.data, p).names
    return tuple(
        CodeUse(names[j], *(asked.share(h[:, j], both) for h in held))
        for j in np.argsort(-often, kind="stable")[:MOST_USED]
        if often[j] > 0
    )


def _examples(asked: _Asked, ours: _Codes, theirs: _Codes, both: Array) -> tuple[ReasonRow, ...]:
    """Choose the rows whose reasons have least in common, one of each cluster."""
    case, rows = asked.case, np.flatnonzero(both)
    _, first = np.unique(case.units.clusters[rows], return_index=True)
    rows = rows[np.sort(first)]
    alike = in_common(ours.order[rows], theirs.order[rows])
    words = [words_of(c.by, case.data, c.amounts.shape[1]) for c in (ours, theirs)]
    labels, group = labels_of(case.data, case.dense), case.data.group
    return tuple(
        ReasonRow(
            row=int(case.row_numbers[i]),
            label="" if labels is None else class_name(case.data, int(labels[i])),
            group="" if group is None else str(group[i]),
            chances=(float(ours.by.chance[i]), float(theirs.by.chance[i])),
            dense=words[0].reasons(ours.order[i], ours.amounts[i], int(i)),
            other=words[1].reasons(theirs.order[i], theirs.amounts[i], int(i)),
        )
        for i in rows[np.argsort(alike, kind="stable")[:EXAMPLES]]
    )


def _stated(cut: CutOff) -> str:
    return f"{percent(cut.threshold)} % or more"


def _sentence(
    case: Case,
    cut: CutOff,
    counted: Mapping[str, int],
    changed: Mapping[str, Measure],
    marks: Mapping[str, Measure],
) -> list[str]:
    """Say how many change, and what to hold that against."""
    rows, other = changed["set"], changed["order"]
    said = [
        f"Of {count(counted['both'], 'row')} with a chance of {cut.name} of {_stated(cut)} in both "
        f"models, {percent(rows.value or 0.0)} % ({interval(rows)}) get another set of "
        f"{count(cut.top, 'leading reason')}, and {percent(other.value or 0.0)} % "
        f"({interval(other)}) another set or order."
    ]
    known = [
        (ARMS.get(name, name.replace("_", " ")), m.value)
        for name, m in marks.items()
        if m.value is not None
    ]
    redrawn = "another draw of the rows that just pass"
    scale = [f"{redrawn if arm == 'reference redrawn' else arm} {percent(v)} %" for arm, v in known]
    said += [f"For scale, the set changes by other causes: {', '.join(scale)}."] if scale else []
    alone = [
        f"{count(counted[key], 'further row')} {'is' if counted[key] == 1 else 'are'} on the "
        f"adverse side of {name} alone"
        for key, name in zip(("dense_alone", "other_alone"), case.settings.names, strict=True)
        if counted[key]
    ]
    return [*said, capital(f"{' and '.join(alone)}.")] if alone else said
