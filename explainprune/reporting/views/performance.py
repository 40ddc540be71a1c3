"""Whether the other model still works: scores of every arm, within classes and groups, churn."""

from __future__ import annotations

from dataclasses import dataclass

from explainprune.reporting import wording
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import axis_for
from explainprune.reporting.views.answers import Answered, answered
from explainprune.reporting.views.cut_offs import Decisions, decisions
from explainprune.reporting.views.metrics import ALL_ROWS
from explainprune.reporting.views.scales import Scale, ScaleRow, ends, scale
from explainprune.types import Measure, ModelRow, said_of
from explainprune.types.comparison import SCORES

_CHANCE = ("random_weights", "shuffled_samples")
MOST_SLICES = 16
"""Rows of the tables of slices; all are in the table beside the page."""


@dataclass(frozen=True)
class Performance:
    """The section's content.

    Attributes
    ----------
    scores : Scale or None
        Every arm is a row; the leading score is drawn, the others stand beside it.
    slices : Scale or None
        Every class, group or outcome is a row, with both models' score and the pair's figures.
    precisions : tuple of (slice, dense, other)
        Both models' precision.
    all_slices, all_precisions : int
        How many rows these two would have.
    churn : tuple of (Term, Measure)
    answers : Answered or None
        Confusions, flips and reliability; None for a regression.
    cuts : Decisions or None
        Decisions over cut-offs; None but for two classes with labels.
    """

    scores: Scale | None
    slices: Scale | None
    precisions: tuple[tuple[str, Measure | None, Measure | None], ...]
    all_slices: int
    all_precisions: int
    churn: tuple[tuple[wording.Term, Measure], ...]
    answers: Answered | None
    cuts: Decisions | None = None


def performance(subject: Subject) -> Performance:
    """Gather scores, slices and churn."""
    main = subject.results.comparisons[subject.main]
    said = subject.results.metrics
    churn = tuple((subject.term(key), m) for key, m in main.items() if said_of(key, said).of_two)
    slices, all_slices = _slices(subject)
    precisions, all_precisions = _precisions(subject)
    return Performance(
        _scores(subject),
        slices,
        precisions,
        all_slices,
        all_precisions,
        churn,
        answered(subject),
        decisions(subject),
    )


def measure_of(row: ModelRow, score: str) -> Measure | None:
    """Return a model's score with its interval, or None if it has no such score."""
    value = getattr(row, score)
    if value is None:
        return None
    interval = row.intervals.get(score)
    return Measure(value, interval, row.n, row.unit, "" if interval else _why_none(row))


def _why_none(row: ModelRow) -> str:
    if row.unit == "seeds":
        return "a single seed" if row.n < 2 else f"all {row.n} seeds gave the same"
    return "none was computed"


def _scores(subject: Subject) -> Scale | None:
    models = subject.results.models
    present = [s for s in SCORES if any(getattr(row, s) is not None for row in models.values())]
    if not present:
        return None
    first, *others = present
    known = subject.term(first)
    lines = [
        ScaleRow(
            subject.arm_term(key).label,
            ((subject.role(key), measure_of(row, first) or _absent(row)),),
            subject.arm_term(key).meaning,
            subject.role(key) != "mark",
            tuple(measure_of(row, score) for score in others),
        )
        for key, row in models.items()
    ]
    # Chance lies far below: drawn as an arrow, it leaves room to tell the others apart.
    near = [
        line for line, row in zip(lines, models.values(), strict=True) if row.arm not in _CHANCE
    ]
    axis = axis_for(ends(near), kind=known.kind, most=4)
    columns = tuple(subject.term(score) for score in others)
    return scale(known.label, lines, kind=known.kind, axis=axis, columns=columns)


def _slices(subject: Subject) -> tuple[Scale | None, int]:
    """Lay out both models' score and the pair's figures, slice by slice; say how many there are."""
    models, primary = subject.models, subject.results.primary
    whole = subject.results.comparisons[subject.main]
    within = {ALL_ROWS: whole} | subject.results.slices.get(subject.main, {})
    score = _sliced_score(models)
    scored = (part for m in models.values() for part in m.slices if score in m.slices[part])
    labels = dict.fromkeys([ALL_ROWS, *scored, *within])
    if set(labels) == {ALL_ROWS}:
        return None, 0
    columns = [k for k in (primary, "churn") if any(k in part for part in within.values())]
    known = subject.term(score)
    lines = [
        ScaleRow(
            label,
            tuple(
                (subject.role(key), found)
                for key, row in models.items()
                if (found := _within(row, label, score)) is not None
            ),
            beside=tuple(within.get(label, {}).get(column) for column in columns),
        )
        for label in labels
    ]
    terms = tuple(subject.term(column) for column in columns)
    shown = scale(known.label, worst_first(lines), kind=known.kind, columns=terms)
    return shown, len(lines)


def worst_first(lines: list[ScaleRow]) -> list[ScaleRow]:
    """Return all rows where they are few, else the whole and those that fell most."""
    if len(lines) <= MOST_SLICES:
        return lines

    def fall(line: ScaleRow) -> float:
        values = [m.value for _, m in line.measures if m.value is not None]
        if line.label == ALL_ROWS:
            return float("inf")
        return values[0] - values[1] if len(values) == 2 else float("-inf")

    return sorted(lines, key=fall, reverse=True)[:MOST_SLICES]


def _precisions(
    subject: Subject,
) -> tuple[tuple[tuple[str, Measure | None, Measure | None], ...], int]:
    """Lay out both models' precision, class by class and within groups; say how many there are."""
    before, after = (
        {label: part["precision"] for label, part in row.slices.items() if "precision" in part}
        for row in subject.models.values()
    )
    rows = [(label, before.get(label), after.get(label)) for label in before | after]
    lines = [
        ScaleRow(label, tuple(("", m) for m in both if m is not None)) for label, *both in rows
    ]
    shown = {line.label for line in worst_first(lines)}
    return tuple(row for row in rows if row[0] in shown), len(rows)


def _within(row: ModelRow, label: str, score: str) -> Measure | None:
    """Return a model's score in one slice; on all rows it is the model's own."""
    found = row.slices.get(label, {}).get(score)
    return found or (measure_of(row, score) if label == ALL_ROWS else None)


def _sliced_score(models: dict[str, ModelRow]) -> str:
    parts = [part for row in models.values() for part in row.slices.values()]
    return next((score for score in SCORES if any(score in part for part in parts)), "accuracy")


def _absent(row: ModelRow) -> Measure:
    return Measure(None, None, row.n, row.unit, "not measured")
