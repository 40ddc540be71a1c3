"""All metrics of all pairs: the primary endpoint first, the others labelled secondary."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from explainprune.reporting import wording
from explainprune.reporting.formatting import name, why_none
from explainprune.reporting.subject import Subject
from explainprune.reporting.views.scales import shared_count
from explainprune.types import Measure, beyond_chance_of, is_beyond_chance

ALL_ROWS = "all rows"
"""The slice of a model that holds what was measured of its explanations on all rows."""
CHANCE = "random_weights"
MOST_PAIRS, MOST_MODELS, MOST_SLICES, MOST_COLUMNS = 8, 4, 8, 8
"""Columns and rows of the page's tables; everything is in the tables beside the page."""


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
    columns : tuple of Term
        The columns of `within`.
    within : tuple of (slice, figures)
        Slices of the two models' rows, those that moved most where there are many.
    all_pairs, all_models, all_within : int
        How many pairs, models and slices there are.
    reasons : tuple of str
        Why figures have no interval, or no value: said once, below the tables.
    how : tuple of str
        How intervals were made.
    """

    pairs: tuple[tuple[str, str], ...]
    rows: tuple[MetricRow, ...]
    models: tuple[str, ...]
    own: tuple[MetricRow, ...]
    columns: tuple[wording.Term, ...]
    within: tuple[tuple[str, tuple[Measure | None, ...]], ...]
    all_pairs: int
    all_models: int
    all_within: int
    reasons: tuple[str, ...]
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
    pairs, models = _first(results.comparisons, MOST_PAIRS), _first(own, MOST_MODELS)
    slices = results.slices.get(subject.main, {})
    columns, within = _within(subject, slices)
    return Metrics(
        tuple(_pair(subject, pair) for pair in pairs),
        _rows(subject, pairs),
        tuple(subject.arm_term(key).label for key in models),
        _rows(subject, models),
        tuple(subject.term(key) for key in columns),
        within,
        len(results.comparisons),
        len(own),
        len(slices),
        why_none([*measures, *(m for _, figures in within for m in figures)]),
        tuple(dict.fromkeys(m.note for m in measures if m.interval is not None and m.note)),
    )


def _first(table: dict[str, dict[str, Measure]], most: int) -> dict[str, dict[str, Measure]]:
    """Return as many columns as a table holds, that of chance among them."""
    chance = {key: table[key] for key in list(table)[most - 1 :] if key.endswith(CHANCE)}
    return dict(islice(table.items(), most - min(1, len(chance)))) | chance


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


def _within(
    subject: Subject, slices: dict[str, dict[str, Measure]]
) -> tuple[list[str], tuple[tuple[str, tuple[Measure | None, ...]], ...]]:
    """Lay out figures within slices: the metrics, and one row for each slice."""
    known = dict.fromkeys(key for part in slices.values() for key in part)
    columns = sorted(known, key=lambda key: key != subject.results.primary)[:MOST_COLUMNS]

    def moved(part: str) -> float:
        found = slices[part].get(subject.results.primary)
        return 0.0 if found is None or found.value is None else found.value

    many = len(slices) > MOST_SLICES
    shown = sorted(slices, key=moved, reverse=True) if many else list(slices)
    rows = ((part, tuple(map(slices[part].get, columns))) for part in shown[:MOST_SLICES])
    return columns, tuple(rows)


def _pair(subject: Subject, pair: str) -> tuple[str, str]:
    prefix = f"{subject.dense}|"
    if not pair.startswith(prefix):
        return _spaced(pair), ""
    known = subject.arm_term(pair.removeprefix(prefix))
    return known.label, known.meaning


def _spaced(pair: str) -> str:
    return name(pair).replace("|", " | ")
