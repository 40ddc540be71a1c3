"""Decisions between two classes: what each cut-off makes of both models, and of every group."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.lines import Point, Series, lines, mark_of
from explainprune.types import Measure
from explainprune.types.answers import AtCutOff, CutOffs

QUANTITIES = {
    "recall": "Recall: of its rows, decided so",
    "false_alarms": "False alarms: of other rows, decided so",
    "precision": "Precision: of rows decided so, its own",
}
COLUMNS = {"decided": "decided so", "recall": "recall", "false_alarms": "false alarms",
           "precision": "precision"}  # fmt: skip
EVEN = 0.5
MOST = 12
"""Groups that are listed; all are in the table beside the page."""
_SHARE = Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0), "share")


@dataclass(frozen=True)
class Decisions:
    """The content of this part of the section.

    Attributes
    ----------
    of : str
        The class that is decided.
    at : float
        The cut-off of the table.
    stated : bool
        Whether it was asked for; else the likelier class is decided.
    charts : tuple of (title, Markup)
    marks : tuple of (Markup, str)
        What stands for which model in them.
    columns : tuple of str
    rows : tuple of (slice, tuple of (dense, other))
        A pair of figures for each column.
    total : int
        How many rows there would be.
    """

    of: str
    at: float
    stated: bool
    charts: tuple[tuple[str, Markup], ...]
    marks: tuple[tuple[Markup, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Measure, Measure], ...]], ...]
    total: int


def decisions(subject: Subject) -> Decisions | None:
    """Lay out a pair's decisions over cut-offs; None but for two classes with labels."""
    found = subject.pair.answers.cut_offs
    if found is None:
        return None
    pair = (subject.dense, subject.other)
    known = {
        part: [each[key] for key in pair]
        for part, each in found.within.items()
        if {*pair} <= {*each}
    }
    rows = tuple((part, _figures(*both)) for part, both in list(known.items())[:MOST])
    return Decisions(
        found.of,
        EVEN if found.stated is None else found.stated,
        found.stated is not None,
        tuple((title, _chart(subject, found, key)) for key, title in QUANTITIES.items()),
        tuple((mark_of(subject.role(key)), subject.arm_term(key).label) for key in pair),
        tuple(COLUMNS.values()),
        rows,
        len(known),
    )


def _figures(dense: AtCutOff, other: AtCutOff) -> tuple[tuple[Measure, Measure], ...]:
    return tuple((getattr(dense, key), getattr(other, key)) for key in COLUMNS)


def _chart(subject: Subject, found: CutOffs, quantity: str) -> Markup:
    """Draw one quantity over the cut-off, for both models; the stated cut-off is a line."""
    series = [
        Series(
            subject.arm_term(key).label,
            subject.role(key),
            tuple(
                Point(point.chance, measure.value, measure.interval)
                for point in curve
                if (measure := getattr(point, quantity)).value is not None
            ),
        )
        for key, curve in found.curve.items()
    ]
    told = f"{QUANTITIES[quantity]}, over the cut-off: {', '.join(s.label for s in series)}"
    return lines(series, _SHARE, _SHARE, x_title="cut-off", label=told, at=found.stated)
