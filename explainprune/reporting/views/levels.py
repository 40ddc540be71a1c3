"""A study's sweep: figures over sparsity, the endpoint against the score, every seed's figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from explainprune.reporting import wording
from explainprune.reporting.formatting import name, why_none
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import Axis, axis_for
from explainprune.reporting.svg.lines import Point, Series, lines, mark_of
from explainprune.types import Choice, Level, Measure, Study, is_beyond_chance

MEASURES = ("accuracy", "r2", "effective_features", "live_connections")
_LOOKS = ("mark0", "mark1", "mark2", "mark3")
MOST_LEVELS, MOST_NUMBERS = 10, 80
"""Rows of the levels' table, cells of the seeds'; all of both lies beside the page."""


@dataclass(frozen=True)
class Chart:
    """One figure before it is drawn.

    Attributes
    ----------
    title, x_title : str
    series : tuple of Series
    x, y : Axis
    reference : (str, float) or None
        What the figure is held against: its name and value.
    """

    title: str
    x_title: str
    series: tuple[Series, ...]
    x: Axis
    y: Axis
    reference: tuple[str, float] | None = None

    @property
    def svg(self) -> Markup:
        """The figure, drawn for the page."""
        told = f"{self.title} over {self.x_title}: {', '.join(s.label for s in self.series)}"
        return lines(
            self.series, self.x, self.y, x_title=self.x_title, label=told, reference=self.reference
        )


@dataclass(frozen=True)
class LevelRow:
    """One arm at one sparsity, as a row of the figures' table."""

    arm: str
    level: Level
    measures: tuple[Measure | None, ...]


@dataclass(frozen=True)
class Sweep:
    """The section's content.

    Attributes
    ----------
    charts : tuple of Chart
    arms : tuple of (look's key, label)
    columns : tuple of (metric, term)
    rows : tuple of LevelRow
    seeds : tuple of int
    per_seed : tuple of (label, kind, tuple of number or None)
        One line for each figure, one number for each seed.
    choice : Choice or None
    all_levels, all_per_seed : int
        How many rows both tables would have.
    reasons : tuple of str
        Why figures have no interval, or no value.
    """

    charts: tuple[Chart, ...]
    arms: tuple[tuple[Markup, str], ...]
    columns: tuple[tuple[str, wording.Term], ...]
    rows: tuple[LevelRow, ...]
    seeds: tuple[int, ...]
    per_seed: tuple[tuple[str, str, tuple[Any, ...]], ...]
    choice: Choice | None
    all_levels: int
    all_per_seed: int
    reasons: tuple[str, ...]


def sweep(subject: Subject) -> Sweep | None:
    """Draw a study's levels and list its seeds; None for a single pair."""
    study = subject.study
    if study is None:
        return None
    looks = _looks(subject, study)
    metrics = dict.fromkeys(metric for level in study.levels for metric in level.measures)
    rows = tuple(
        LevelRow(
            subject.arm_term(level.arm).label,
            level,
            tuple(level.measures.get(metric) for metric in metrics),
        )
        for level in study.levels[:MOST_LEVELS]
    )
    seeds = tuple(_per_seed(subject, study))
    most = max(1, MOST_NUMBERS // max(1, len(study.seeds)))
    return Sweep(
        charts(subject),
        tuple((mark_of(look), subject.arm_term(arm).label) for arm, look in looks.items()),
        tuple((metric, subject.term(metric)) for metric in metrics),
        rows,
        study.seeds,
        seeds[:most],
        study.choice,
        len(study.levels),
        len(seeds),
        why_none(m for row in rows for m in row.measures),
    )


def _looks(subject: Subject, study: Study) -> dict[str, str]:
    # The other model comes last: its line lies on top.
    arms = sorted(
        dict.fromkeys(level.arm for level in study.levels), key=lambda a: a == subject.other
    )
    marks = iter(range(len(arms)))
    return {
        arm: role if (role := subject.role(arm)) != "mark" else _LOOKS[min(next(marks), 3)]
        for arm in arms
    }


def charts(subject: Subject) -> tuple[Chart, ...]:
    """Lay out every measure over sparsity, then the endpoint against the score."""
    study = subject.study
    if study is None or not study.levels:
        return ()
    present = {metric for level in study.levels for metric in level.measures}
    found = [
        _over_sparsity(subject, study, metric)
        for metric in (study.primary, *MEASURES)
        if metric in present
    ]
    score = next((m for m in ("accuracy", "r2") if m in present), None)
    if study.primary in present and score:
        found.append(_against(subject, study, score))
    return tuple(found)


def _over_sparsity(subject: Subject, study: Study, metric: str) -> Chart:
    known, reference = subject.term(metric), _reference(subject, metric)
    series = tuple(
        Series(subject.arm_term(arm).label, look, tuple(_points(study, arm, metric)))
        for arm, look in _looks(subject, study).items()
    )
    x = axis_for([p.x for one in series for p in one.points], kind="share")
    y = axis_for([*_reach(series), *(reference[1:] if reference else ())], kind=known.kind)
    return Chart(known.label, "sparsity", series, x, y, reference)


def _points(study: Study, arm: str, metric: str) -> Iterator[Point]:
    for level in _of(study, arm):
        measure = level.measures.get(metric)
        if measure is not None and measure.value is not None:
            yield Point(level.achieved, measure.value, measure.interval)


def _reference(subject: Subject, metric: str) -> tuple[str, float] | None:
    """Find what a figure is held against: random weights for the endpoint, else the dense model."""
    chance = subject.primary.get("random_weights")
    if metric == subject.results.primary:
        return None if chance is None or chance.value is None else ("random weights", chance.value)
    value = getattr(subject.models[subject.dense], metric, None)
    return None if value is None else (subject.arm_term(subject.dense).label, float(value))


def _against(subject: Subject, study: Study, score: str) -> Chart:
    across, up = subject.term(score), subject.term(study.primary)
    series = tuple(
        Series(subject.arm_term(arm).label, look, tuple(_pairs(study, arm, score)))
        for arm, look in _looks(subject, study).items()
    )
    points = [point for one in series for point in one.points]
    reach = [v for p in points for v in (p.x, *(p.x_interval or ()))]
    title = f"{up.label} against {across.label.lower()}"
    axes = axis_for(reach, kind=across.kind, most=4), axis_for(_reach(series), kind=up.kind)
    return Chart(title, across.label.lower(), series, *axes)


def _pairs(study: Study, arm: str, score: str) -> Iterator[Point]:
    for level in _of(study, arm):
        y, x = level.measures.get(study.primary), level.measures.get(score)
        if x is not None and y is not None and x.value is not None and y.value is not None:
            yield Point(x.value, y.value, y.interval, x.interval)


def _of(study: Study, arm: str) -> list[Level]:
    """Return an arm's levels, sparsest last."""
    levels = (level for level in study.levels if level.arm == arm)
    return sorted(levels, key=lambda level: level.achieved)


def _reach(series: tuple[Series, ...]) -> list[float]:
    points = [point for one in series for point in one.points]
    return [v for p in points for v in (p.y, *(p.y_interval or ()))]


def _per_seed(subject: Subject, study: Study) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """Turn one dict for each seed into one line for each figure, the primary one of pairs first."""
    flat = [dict(_leaves(entry)) for entry in study.per_seed]
    known = dict.fromkeys(path for entry in flat for path in entry)
    for path in sorted(known, key=lambda path: len(path) > 1 and path[-1] != study.primary):
        label = " · ".join(subject.term(part).label if i else name(part).replace("|", " | ")
                           for i, part in enumerate(path))  # fmt: skip
        label = subject.term(path[0]).label if len(path) == 1 else label
        if is_beyond_chance(str(path[-1])):
            continue  # it follows from the figures beside it
        yield label, subject.term(path[-1]).kind, tuple(entry.get(path) for entry in flat)


def _leaves(entry: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    for part, value in entry.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, part))
        elif (*path, part) != ("seed",):
            yield (*path, part), value
