"""Whether the other model still works: scores of every arm, within classes and groups, churn."""

from __future__ import annotations

from dataclasses import dataclass

from explainprune.reporting import wording
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import axis_for
from explainprune.reporting.views.answers import Answered, answered
from explainprune.reporting.views.metrics import ALL_ROWS
from explainprune.reporting.views.scales import Scale, ScaleRow, ends, scale
from explainprune.types import Measure, ModelRow, said_of
from explainprune.types.comparison import SCORES

_CHANCE = ("random_weights", "shuffled_samples")


@dataclass(frozen=True)
class Performance:
    """The section's content.

    Attributes
    ----------
    scores : Scale or None
        Every arm is a row; the leading score is drawn, the others stand beside it.
    slices : Scale or None
        Every class, group or outcome is a row, with both models' score and the pair's figures.
    precisions : Scale or None
        The same rows with both models' precision.
    churn : tuple of (Term, Measure)
    answers : Answered or None
        Confusions, flips and reliability; None for a regression.
    """

    scores: Scale | None
    slices: Scale | None
    precisions: Scale | None
    churn: tuple[tuple[wording.Term, Measure], ...]
    answers: Answered | None


def performance(subject: Subject) -> Performance:
    """Gather scores, slices and churn."""
    main = subject.results.comparisons[subject.main]
    said = subject.results.metrics
    churn = tuple((subject.term(key), m) for key, m in main.items() if said_of(key, said).of_two)
    return Performance(
        _scores(subject), _slices(subject), _precisions(subject), churn, answered(subject)
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


def _slices(subject: Subject) -> Scale | None:
    models, primary = subject.models, subject.results.primary
    whole = subject.results.comparisons[subject.main]
    within = {ALL_ROWS: whole} | subject.results.slices.get(subject.main, {})
    score = _sliced_score(models)
    scored = (part for m in models.values() for part in m.slices if score in m.slices[part])
    labels = dict.fromkeys([ALL_ROWS, *scored, *within])
    if set(labels) == {ALL_ROWS}:
        return None
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
    return scale(known.label, lines, kind=known.kind, columns=terms)


def _precisions(subject: Subject) -> Scale | None:
    """Lay out both models' precision, class by class and within groups."""
    models, known = subject.models, subject.term("precision")
    labels = dict.fromkeys(
        label for m in models.values() for label, part in m.slices.items() if "precision" in part
    )
    lines = [
        ScaleRow(
            label,
            tuple(
                (subject.role(key), row.slices[label]["precision"])
                for key, row in models.items()
                if "precision" in row.slices.get(label, {})
            ),
        )
        for label in labels
    ]
    return scale(known.label, lines, kind="share", meaning=known.meaning) if lines else None


def _within(row: ModelRow, label: str, score: str) -> Measure | None:
    """Return a model's score in one slice; on all rows it is the model's own."""
    found = row.slices.get(label, {}).get(score)
    return found or (measure_of(row, score) if label == ALL_ROWS else None)


def _sliced_score(models: dict[str, ModelRow]) -> str:
    parts = [part for row in models.values() for part in row.slices.values()]
    return next((score for score in SCORES if any(score in part for part in parts)), "accuracy")


def _absent(row: ModelRow) -> Measure:
    return Measure(None, None, row.n, row.unit, "not measured")
