"""What both models answer: who is taken for whom, which answers changed, how sure of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting import wording
from explainprune.reporting.formatting import name, number
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import axis_for
from explainprune.reporting.svg.lines import Point, Series, lines, mark_of
from explainprune.reporting.views.metrics import ALL_ROWS
from explainprune.types import Bin, Measure
from explainprune.types.answers import Cells

MOST_CLASSES, MOST_CHANGED = 10, 6
"""Classes of the matrix of all predictions, and of those that changed; of more, the most frequent
entries are listed."""
MOST_LISTED = 8
TINTS = 5
SURE = ("ece", "brier", "log_loss")


@dataclass(frozen=True)
class Cell:
    """An entry of a matrix: rows, how many of them were right before, and a step of colour.

    `was` is how many there were before, where that is another number.
    """

    count: int
    lost: int = 0
    tint: int = 0
    was: int | None = None


@dataclass(frozen=True)
class Matrix:
    """Classes by classes; the rows that were counted, class by class."""

    title: str
    down: str
    across: str
    classes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True)
class Answered:
    """The content of this part of the section.

    Attributes
    ----------
    flips : str
        How many answers changed, in one sentence.
    changed : Matrix or None
        From which class to which, and how many of these answers were right.
    listed : tuple of (from, to, Cell)
        The most frequent of them, where there are too many classes for a matrix.
    confusion : Matrix or None
        Who is taken for whom now, and how many were before.
    curve : Markup
        The share that is right over confidence, both models.
    marks : tuple of (Markup, str)
        What stands for which model in it.
    bins : tuple of (role, Bin)
        The same as numbers.
    sure : tuple of (Term, tuple of (role, Measure))
        Figures of how far confidence holds.
    """

    flips: str
    changed: Matrix | None
    listed: tuple[tuple[str, str, Cell], ...]
    confusion: Matrix | None
    curve: Markup
    marks: tuple[tuple[Markup, str], ...]
    bins: tuple[tuple[str, Bin], ...]
    sure: tuple[tuple[wording.Term, tuple[tuple[str, Measure], ...]], ...]


def answered(subject: Subject) -> Answered | None:
    """Lay out a pair's answers; None for a regression, and for results without them."""
    found = subject.pair.answers
    if not found.classes:
        return None
    small, reliability = len(found.classes) <= MOST_CLASSES, found.reliability
    few = len(found.classes) <= MOST_CHANGED
    return Answered(
        flips=flips_in_words(subject),
        changed=_changed(subject) if few and found.flips else None,
        listed=() if few else _listed(subject),
        confusion=_confusion(subject) if small and found.confusion else None,
        curve=_curve(subject),
        marks=tuple((mark_of(subject.role(k)), subject.arm_term(k).label) for k in reliability),
        bins=tuple((subject.role(key), one) for key, bins in reliability.items() for one in bins),
        sure=tuple(_sure(subject)),
    )


def _flips(subject: Subject) -> dict[tuple[int, int], Cell]:
    """Return the flips by class before and class now, coloured by how frequent they are."""
    found = subject.pair.answers
    lost = {(a, b): n for a, b, n in found.negative}
    top = max((n for _, _, n in found.flips), default=0)
    return {(a, b): Cell(n, lost.get((a, b), 0), _tint(n, top)) for a, b, n in found.flips}


def _changed(subject: Subject) -> Matrix:
    """Lay out from which class to which predictions changed."""
    before, now = (subject.arm_term(key).label for key in (subject.dense, subject.other))
    return _matrix("", before, now, subject.pair.answers.classes, _flips(subject))


def _listed(subject: Subject) -> tuple[tuple[str, str, Cell], ...]:
    """List the most frequent flips."""
    names, flips = subject.pair.answers.classes, list(_flips(subject).items())
    return tuple((names[a], names[b], cell) for (a, b), cell in flips[:MOST_LISTED])


def _confusion(subject: Subject) -> Matrix:
    """Lay out which class is taken for which, now and before, coloured by what is now."""
    found = subject.pair.answers
    before, now = (_counts(found.confusion.get(k, ())) for k in (subject.dense, subject.other))
    whole = {a: sum(n for (row, _), n in now.items() if row == a) for a, _ in now}
    entries = {
        at: Cell(
            now.get(at, 0),
            0,
            _tint(now.get(at, 0), whole.get(at[0], 0)),
            before.get(at, 0) if before.get(at, 0) != now.get(at, 0) else None,
        )
        for at in sorted({*before, *now})
    }
    return _matrix("", "true class", "predicted", found.classes, entries)


def _counts(cells: Cells) -> dict[tuple[int, int], int]:
    return {(a, b): n for a, b, n in cells}


def flips_in_words(subject: Subject) -> str:
    """Say how many answers changed, and which way."""
    found = subject.pair.answers
    changed, lost = (sum(n for _, _, n in part) for part in (found.flips, found.negative))
    if not changed:
        return f"No prediction changed on {number(found.rows, 'count')} rows."
    text = f"{number(changed, 'count')} of {number(found.rows, 'count')} predictions changed"
    if not found.confusion:
        return f"{text}."
    rest = changed - lost - found.positive
    return (
        f"{text}: {_were(lost)} right and {_are(lost)} wrong now (negative flips), "
        f"{_were(found.positive)} wrong and {_are(found.positive)} right now, "
        f"{number(rest, 'count')} {_are(rest)} wrong both times."
    )


def _were(count: int) -> str:
    return f"{number(count, 'count')} {'was' if count == 1 else 'were'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _matrix(
    title: str, down: str, across: str, classes: Sequence[str], entries: dict[tuple[int, int], Cell]
) -> Matrix:
    used = range(len(classes))
    rows = tuple((classes[a], tuple(entries.get((a, b), Cell(0)) for b in used)) for a in used)
    return Matrix(title, down, across, tuple(classes), rows)


def _tint(count: int, whole: int) -> int:
    """Return the step of colour of a share: 0 for none, `TINTS` for all.

    >>> _tint(0, 10), _tint(1, 100), _tint(50, 100), _tint(100, 100)
    (0, 1, 3, 5)
    """
    return -(-TINTS * count // whole) if whole else 0


def _curve(subject: Subject) -> Markup:
    """Draw the share that is right over confidence; on the diagonal confidence holds."""
    found = subject.pair.answers.reliability
    if not any(found.values()):
        return Markup("")
    series = [
        Series(
            subject.arm_term(key).label,
            subject.role(key),
            tuple(
                Point(b.confidence, b.right.value, b.right.interval)
                for b in bins
                if b.right.value is not None
            ),
        )
        for key, bins in found.items()
    ]
    points = [point for one in series for point in one.points]
    x = axis_for([p.x for p in points], kind="share", include=(1.0,), most=4)
    y = axis_for(
        [v for p in points for v in (p.y, *(p.y_interval or ()))], kind="share", include=(1.0,)
    )
    told = f"Share right over confidence: {', '.join(name(s.label) for s in series)}"
    return lines(series, x, y, x_title="confidence", label=told, diagonal=True)


def _sure(subject: Subject) -> Iterator[tuple[wording.Term, tuple[tuple[str, Measure], ...]]]:
    """Pick both models' figures of how far confidence holds."""
    for key in SURE:
        each = tuple(
            (subject.role(model), row.slices[ALL_ROWS][key])
            for model, row in subject.models.items()
            if key in row.slices.get(ALL_ROWS, {})
        )
        if each:
            yield subject.term(key), each
