"""All metrics of all pairs: the primary endpoint first, the others labelled secondary."""

from __future__ import annotations

from dataclasses import dataclass

from explainprune.reporting import wording
from explainprune.reporting.formatting import name
from explainprune.reporting.subject import Subject
from explainprune.reporting.views.scales import shared_count
from explainprune.types import Measure


@dataclass(frozen=True)
class MetricRow:
    """One metric and its figure for every pair."""

    key: str
    term: wording.Term
    primary: bool
    measures: tuple[Measure | None, ...]

    @property
    def common(self) -> Measure | None:
        """A figure whose n holds for every pair, if there is one: n is then said once."""
        return shared_count(self.measures)


@dataclass(frozen=True)
class Metrics:
    """The section's content; `pairs` are the columns: (label, meaning, role)."""

    pairs: tuple[tuple[str, str, str], ...]
    rows: tuple[MetricRow, ...]
    within: tuple[tuple[str, tuple[tuple[wording.Term, Measure], ...]], ...]


def metrics(subject: Subject) -> Metrics:
    """Turn pair → metric → figure into one row for each metric."""
    results = subject.results
    keys = dict.fromkeys(key for measures in results.comparisons.values() for key in measures)
    ordered = sorted(keys, key=lambda key: key != results.primary)
    rows = tuple(
        MetricRow(
            key,
            wording.term(key),
            key == results.primary,
            tuple(measures.get(key) for measures in results.comparisons.values()),
        )
        for key in ordered
    )
    within = tuple(
        (name(pair).replace("|", " | ") + ", " + name(part),
         tuple((wording.term(key), measure) for key, measure in measures.items()))
        for pair, parts in results.slices.items()
        for part, measures in parts.items()
    )  # fmt: skip
    return Metrics(tuple(_pair(subject, pair) for pair in results.comparisons), rows, within)


def _pair(subject: Subject, pair: str) -> tuple[str, str, str]:
    prefix = f"{subject.dense}|"
    if not pair.startswith(prefix):
        return name(pair).replace("|", " | "), "", "mark"
    key = pair.removeprefix(prefix)
    known = subject.arm_term(key)
    return known.label, known.meaning, subject.role(key)
