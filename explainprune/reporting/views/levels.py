"""A study's sweep: figures over sparsity, agreement against accuracy, and every seed's figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from explainprune.reporting import wording
from explainprune.reporting.formatting import name
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import axis_for
from explainprune.reporting.svg.lines import Point, Series, key, lines
from explainprune.types import Level, Measure, Study

FIGURES = ("agreement", "signed_top_k", "accuracy", "r2", "effective_features", "live_connections")
_LOOKS = ("mark0", "mark1", "mark2", "mark3")


@dataclass(frozen=True)
class Figure:
    """One figure: its heading, its drawing."""

    title: str
    svg: Markup


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
    figures : tuple of Figure
    arms : tuple of (look's key, label)
    columns : tuple of (metric, term)
    rows : tuple of LevelRow
    seeds : tuple of int
    per_seed : tuple of (label, kind, tuple of number or None)
        One line for each figure, one number for each seed.
    """

    figures: tuple[Figure, ...]
    arms: tuple[tuple[Markup, str], ...]
    columns: tuple[tuple[str, wording.Term], ...]
    rows: tuple[LevelRow, ...]
    seeds: tuple[int, ...]
    per_seed: tuple[tuple[str, str, tuple[Any, ...]], ...]


def sweep(subject: Subject) -> Sweep | None:
    """Draw a study's levels and list its seeds; None for a single pair."""
    study = subject.study
    if study is None:
        return None
    looks = _looks(subject, study)
    metrics = dict.fromkeys(metric for level in study.levels for metric in level.measures)
    return Sweep(
        tuple(_figures(subject, study, looks)),
        tuple((key(look), subject.arm_term(arm).label) for arm, look in looks.items()),
        tuple((metric, wording.term(metric)) for metric in metrics),
        tuple(
            LevelRow(
                subject.arm_term(level.arm).label,
                level,
                tuple(level.measures.get(metric) for metric in metrics),
            )
            for level in study.levels
        ),
        study.seeds,
        tuple(_per_seed(study)),
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


def _figures(subject: Subject, study: Study, looks: dict[str, str]) -> Iterator[Figure]:
    present = {metric for level in study.levels for metric in level.measures}
    for metric in FIGURES:
        if metric in present:
            yield _over_sparsity(subject, study, metric, looks)
    agreement = next((m for m in ("agreement", study.primary) if m in present), None)
    score = next((m for m in ("accuracy", "r2") if m in present), None)
    if agreement and score:
        yield _against(subject, study, agreement, score, looks)


def _over_sparsity(subject: Subject, study: Study, metric: str, looks: dict[str, str]) -> Figure:
    known = wording.term(metric)
    series = [
        Series(
            subject.arm_term(arm).label,
            look,
            tuple(
                Point(level.achieved, m.value, m.interval)
                for level in sorted(_of(study, arm), key=lambda level: level.achieved)
                if (m := level.measures.get(metric)) is not None and m.value is not None
            ),
        )
        for arm, look in looks.items()
    ]
    level = _level(subject, metric)
    x = axis_for([p.x for one in series for p in one.points], kind="share")
    y = axis_for([*_reach(series), *(level[1:] if level else ())], kind=known.kind)
    label = f"{known.label} over sparsity for {', '.join(one.label for one in series)}"
    return Figure(known.label, lines(series, x, y, x_title="sparsity", label=label, level=level))


def _level(subject: Subject, metric: str) -> tuple[str, float] | None:
    """Find what a figure is held against: chance for agreement, else the dense model."""
    chance = subject.primary.get("random_weights")
    if metric in ("agreement", subject.results.primary):
        return None if chance is None or chance.value is None else ("random weights", chance.value)
    value = getattr(subject.models[subject.dense], metric, None)
    return None if value is None else (subject.arm_term(subject.dense).label, float(value))


def _against(
    subject: Subject, study: Study, agreement: str, score: str, looks: dict[str, str]
) -> Figure:
    across, up = wording.term(score), wording.term(agreement)
    series = [
        Series(subject.arm_term(arm).label, look, tuple(_pairs(study, arm, agreement, score)))
        for arm, look in looks.items()
    ]
    x = axis_for(
        [v for one in series for p in one.points for v in (p.x, *(p.x_interval or ()))],
        kind=across.kind,
        most=4,
    )
    title = f"{up.label} against {across.label.lower()}"
    svg = lines(
        series, x, axis_for(_reach(series), kind=up.kind), x_title=across.label.lower(), label=title
    )
    return Figure(title, svg)


def _pairs(study: Study, arm: str, agreement: str, score: str) -> Iterator[Point]:
    for level in sorted(_of(study, arm), key=lambda level: level.achieved):
        y, x = level.measures.get(agreement), level.measures.get(score)
        if x is not None and y is not None and x.value is not None and y.value is not None:
            yield Point(x.value, y.value, y.interval, x.interval)


def _of(study: Study, arm: str) -> list[Level]:
    return [level for level in study.levels if level.arm == arm]


def _reach(series: list[Series]) -> list[float]:
    points = [point for one in series for point in one.points]
    return [v for p in points for v in (p.y, *(p.y_interval or ()))]


def _per_seed(study: Study) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """Turn one dict for each seed into one line for each figure."""
    flat = [dict(_leaves(entry)) for entry in study.per_seed]
    for path in dict.fromkeys(path for entry in flat for path in entry):
        label = " · ".join(wording.term(part).label if i else name(part).replace("|", " | ")
                           for i, part in enumerate(path))  # fmt: skip
        label = wording.term(path[0]).label if len(path) == 1 else label
        yield label, wording.term(path[-1]).kind, tuple(entry.get(path) for entry in flat)


def _leaves(entry: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    for part, value in entry.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, part))
        elif (*path, part) != ("seed",):
            yield (*path, part), value
