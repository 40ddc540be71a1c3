"""All metrics of all pairs: the primary endpoint first, the others labelled secondary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from explainprune.reporting import wording
from explainprune.reporting.formatting import name
from explainprune.reporting.subject import Subject
from explainprune.reporting.views.scales import shared_count
from explainprune.types import Measure, beyond_chance_of, is_beyond_chance

ALL_ROWS = "all rows"
"""The slice of a model that holds what was measured of its explanations on all rows."""


@dataclass(frozen=True)
class MetricRow:
    """One metric and its figure for every pair; that of the two models, corrected for chance."""

    key: str
    term: wording.Term
    primary: bool
    measures: tuple[Measure | None, ...]
    corrected: Measure | None = None

    @property
    def common(self) -> Measure | None:
        """A figure whose n holds for every pair, if there is one: n is then said once."""
        return shared_count(self.measures)


@dataclass(frozen=True)
class Metrics:
    """The section's content.

    Attributes
    ----------
    pairs : tuple of (label, meaning)
        The columns of `rows`.
    rows : tuple of MetricRow
    models : tuple of str
        The columns of `own`.
    own : tuple of MetricRow
        Quality of each model's own explanations.
    within : tuple of (slice, figures)
    how : tuple of str
        How intervals were made.
    """

    pairs: tuple[tuple[str, str], ...]
    rows: tuple[MetricRow, ...]
    models: tuple[str, ...]
    own: tuple[MetricRow, ...]
    within: tuple[tuple[str, tuple[tuple[wording.Term, Measure], ...]], ...]
    how: tuple[str, ...]

    @property
    def on_scale(self) -> bool:
        """Whether any figure is corrected for chance."""
        return any(row.corrected for row in self.rows)

    @property
    def common(self) -> Measure | None:
        """A figure whose n holds for every pair and metric, if there is one."""
        return shared_count(m for row in self.rows for m in row.measures)


def metrics(subject: Subject) -> Metrics:
    """Turn pair → metric → figure into one row for each metric, and the same for models."""
    results = subject.results
    own = {
        key: row.slices[ALL_ROWS] for key, row in results.models.items() if ALL_ROWS in row.slices
    }
    measures = [
        m for table in (results.comparisons, own) for p in table.values() for m in p.values()
    ]
    return Metrics(
        tuple(_pair(subject, pair) for pair in results.comparisons),
        _rows(subject, results.comparisons),
        tuple(subject.arm_term(key).label for key in own),
        _rows(subject, own),
        tuple(_within(subject)),
        tuple(dict.fromkeys(m.note for m in measures if m.interval is not None and m.note)),
    )


def _rows(subject: Subject, table: dict[str, dict[str, Measure]]) -> tuple[MetricRow, ...]:
    primary = subject.results.primary
    keys = dict.fromkeys(key for measures in table.values() for key in measures)
    return tuple(
        MetricRow(
            key,
            subject.term(key),
            key == primary,
            tuple(measures.get(key) for measures in table.values()),
            table.get(subject.main, {}).get(beyond_chance_of(key)),
        )
        for key in sorted(keys, key=lambda key: key != primary)
        if not is_beyond_chance(key)
    )


def _within(subject: Subject) -> Iterator[tuple[str, tuple[tuple[wording.Term, Measure], ...]]]:
    for pair, parts in subject.results.slices.items():
        for part, measures in parts.items():
            label = f"{_spaced(pair)}, {name(part)}"
            yield label, tuple((subject.term(key), m) for key, m in measures.items())


def _pair(subject: Subject, pair: str) -> tuple[str, str]:
    prefix = f"{subject.dense}|"
    if not pair.startswith(prefix):
        return _spaced(pair), ""
    known = subject.arm_term(pair.removeprefix(prefix))
    return known.label, known.meaning


def _spaced(pair: str) -> str:
    return name(pair).replace("|", " | ")
