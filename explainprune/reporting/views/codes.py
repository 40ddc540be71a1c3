"""Reasons for adverse decisions: how many change, which ones, and rows for which they do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import axis_for
from explainprune.reporting.svg.track import Bar, bars, ruler, track
from explainprune.reporting.views.scales import Scale, ScaleRow, scale
from explainprune.reporting.wording import Term
from explainprune.types import CodeChanges, CodeUse, Reason, ReasonRow

LABELS = {
    "set": ("another set of reasons", "which ones, whatever their order"),
    "order": ("another set or order", ""),
    "first": ("another leading reason", ""),
}
REDRAWN = ("another draw of those that just pass", "the dense model against itself")
MOST_SLICES, MOST_EXAMPLES, MOST_USED = 8, 3, 6


@dataclass(frozen=True)
class UseBar:
    """How often a feature is among the reasons, in both models."""

    use: CodeUse
    bars: Markup


@dataclass(frozen=True)
class Codes:
    """The section's content.

    Attributes
    ----------
    found : CodeChanges
    changed, slices : Scale or None
    used : tuple of UseBar
    ruler : Markup
    examples : tuple of (ReasonRow, dense, other)
        Each reason with whether the other model gives it, too.
    """

    found: CodeChanges
    changed: Scale | None
    slices: Scale | None
    used: tuple[UseBar, ...]
    ruler: Markup
    examples: tuple[
        tuple[ReasonRow, tuple[tuple[Reason, bool], ...], tuple[tuple[Reason, bool], ...]], ...
    ]


def codes(subject: Subject) -> Codes | None:
    """Lay out the reasons of the pair; None where no cut-off was stated."""
    found = subject.pair.codes
    if found is None:
        return None
    reach = [end for use in found.used for m in (use.dense, use.other) for end in m.interval or ()]
    axis = axis_for(reach or [0.0, 1.0], kind="share", include=(0.0,), most=4)
    used = tuple(
        UseBar(
            use,
            track(
                axis,
                *bars(
                    axis,
                    Bar(use.dense.value or 0.0, "dense", use.dense.interval),
                    Bar(use.other.value or 0.0, "other", use.other.interval),
                ),
            ),
        )
        for use in found.used[:MOST_USED]
    )
    return Codes(
        found,
        scale("Rows that get", list(_changed(subject, found)), kind="share", include=(0.0,))
        if found.changed
        else None,
        _slices(found),
        used,
        ruler(axis),
        tuple((each, *_both(each)) for each in found.examples[:MOST_EXAMPLES]),
    )


def _changed(subject: Subject, found: CodeChanges) -> Iterator[ScaleRow]:
    for key, measure in found.changed.items():
        label, meaning = LABELS.get(key, (key, ""))
        yield ScaleRow(label, (("other", measure),), meaning, strong=key == "set")
    for key, measure in found.marks.items():
        label, meaning = REDRAWN[0], subject.in_names(REDRAWN[1])
        if key != "reference_redrawn":
            term = subject.arm_term(key)
            label, meaning = term.label, term.meaning
        yield ScaleRow(f"Set, for scale: {label}", (("mark", measure),), meaning)


def _slices(found: CodeChanges) -> Scale | None:
    if not found.slices:
        return None
    parts = list(found.slices.items())
    if len(parts) > MOST_SLICES:
        parts.sort(key=lambda item: -(item[1]["set"].value or 0.0))
    lines = [
        ScaleRow(name, (("other", part["set"]),), beside=(part["order"],))
        for name, part in parts[:MOST_SLICES]
    ]
    columns = (Term("another set or order", "share"),)
    return scale("Another set", lines, kind="share", include=(0.0,), columns=columns)


def _both(
    row: ReasonRow,
) -> tuple[tuple[tuple[Reason, bool], ...], tuple[tuple[Reason, bool], ...]]:
    """Say of each reason whether the other list holds it."""
    sides = [{reason.feature for reason in side} for side in (row.dense, row.other)]
    return (
        tuple((reason, reason.feature in sides[1]) for reason in row.dense),
        tuple((reason, reason.feature in sides[0]) for reason in row.other),
    )
