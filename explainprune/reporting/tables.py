"""The tables beside the page: what it shows and what it has no room for, at full precision."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from explainprune.reporting.subject import Subject
from explainprune.reporting.views.metrics import ALL_ROWS
from explainprune.reporting.views.sizes import QUANTITIES
from explainprune.types import CodeChanges, Detail, Measure, Sample, Study
from explainprune.types.answers import AtCutOff, CutOffs
from explainprune.types.comparison import SCORES

Lines = Iterable[list[Any]]

UNITS = ("layer", "unit", "before", "after", "rank_before", "rank_after", "kept")
ATTRIBUTIONS = ("row", "feature", "x", "dense", "other")
FEATURES = ("feature", "dense", "dense_low", "dense_high", "other", "other_low", "other_high",
            "change", "change_low", "change_high")  # fmt: skip
MODELS = ("model", "arm", *SCORES, *QUANTITIES, "n", "unit", "note")
FIGURE = ("value", "low", "high", "n", "unit", "note")
"""Columns of a figure: its interval is empty where there is none, and the note says why."""


def write_tables(subject: Subject, folder: Path) -> None:
    """Write ``units``, ``attributions``, ``features``, ``models``, ``metrics`` and ``slices.csv``.

    There is ``reasons.csv`` where reasons of adverse decisions were compared, and ``cut_offs.csv``
    of two classes; a study has ``levels.csv`` and ``seeds.csv`` as well.
    """
    detail, study = subject.pair.detail, subject.study
    write_units(detail, folder / "units.csv")
    write_attributions(detail, folder / "attributions.csv")
    write_table(folder / "features.csv", FEATURES, _features(detail))
    models = ([name, *(getattr(row, part) for part in MODELS[1:])] for name, row in
              subject.results.models.items())  # fmt: skip
    write_table(folder / "models.csv", MODELS, models)
    write_table(folder / "metrics.csv", ("of", "metric", *FIGURE), _metrics(subject))
    write_table(folder / "slices.csv", ("of", "slice", "metric", *FIGURE), _slices(subject))
    codes = subject.pair.codes
    if codes is not None:
        write_table(folder / "reasons.csv", ("of", "name", "figure", *FIGURE), _reasons(codes))
    cuts = subject.pair.answers.cut_offs
    if cuts is not None:
        columns = ("rows", "model", "cut_off", "figure", *FIGURE)
        write_table(folder / "cut_offs.csv", columns, _cut_offs(cuts))
    if study is not None:
        columns = ("arm", "sparsity", "achieved", "metric", *FIGURE)
        write_table(folder / "levels.csv", columns, _levels(study))
        write_table(folder / "seeds.csv", ("seed", "of", "figure", "value"), _seeds(study))


def write_units(detail: Detail, path: Path) -> None:
    """Write ``units.csv``: one line for each neuron; an empty cell is a unit without that score."""
    kept = {True: "true", False: "false"}
    lines = (
        [*(getattr(unit, name) for name in UNITS[:-1]), kept[unit.kept]] for unit in detail.units
    )
    write_table(path, UNITS, lines)


def write_attributions(detail: Detail, path: Path) -> None:
    """Write ``attributions.csv``: one line for each feature of each sample in the gallery."""
    lines = (line for sample in detail.samples for line in _sample(sample, detail.feature_names))
    write_table(path, ATTRIBUTIONS, lines)


def _sample(sample: Sample, names: tuple[str, ...]) -> Iterator[list[Any]]:
    count = len(sample.dense)
    known = names if len(names) == count else tuple(f"x{i}" for i in range(count))
    inputs = sample.x if len(sample.x) == count else (None,) * count
    others = sample.other or (None,) * count  # of one model there is no other
    for name, x, dense, other in zip(known, inputs, sample.dense, others, strict=True):
        yield [sample.row, name, x, dense, other]


def _features(detail: Detail) -> Lines:
    for row in detail.features:
        change = row.change_interval or (None, None)
        yield [
            row.name, row.dense, *row.dense_interval, row.other, *row.other_interval, row.change,
            *change,
        ]  # fmt: skip


def _metrics(subject: Subject) -> Lines:
    """Yield every figure of every pair, then of each model's own explanations."""
    for pair, measures in subject.results.comparisons.items():
        for metric, measure in measures.items():
            yield [pair, metric, *_figure(measure)]
    for model, row in subject.results.models.items():
        for metric, measure in row.slices.get(ALL_ROWS, {}).items():
            yield [model, metric, *_figure(measure)]


def _slices(subject: Subject) -> Lines:
    """Yield every figure within classes, groups and outcomes: of pairs, then of models."""
    models = {model: row.slices for model, row in subject.results.models.items()}
    for of, slices in (*subject.results.slices.items(), *models.items()):
        for part, measures in slices.items():
            if part == ALL_ROWS:
                continue
            for metric, measure in measures.items():
                yield [of, part, metric, *_figure(measure)]


def _reasons(codes: CodeChanges) -> Lines:
    """Yield how often reasons change, in all and within slices, and how often each is given."""
    for part, measures in {"": codes.changed, **codes.slices}.items():
        for figure, measure in measures.items():
            yield ["slice", part, figure, *_figure(measure)]
    for use in codes.used:
        for model, measure in (("dense", use.dense), ("other", use.other)):
            yield ["feature", use.feature, model, *_figure(measure)]


def _cut_offs(cuts: CutOffs) -> Lines:
    """Yield decisions over cut-offs on all rows, then those at the stated one within groups."""
    every: dict[str, dict[str, tuple[AtCutOff, ...]]] = {ALL_ROWS: cuts.curve}
    for part, each in cuts.within.items():
        if part != ALL_ROWS:
            every[part] = {model: (at,) for model, at in each.items()}
    for part, curves in every.items():
        for model, curve in curves.items():
            for at in curve:
                for figure in ("decided", "recall", "false_alarms", "precision"):
                    yield [part, model, at.chance, figure, *_figure(getattr(at, figure))]


def _levels(study: Study) -> Lines:
    for level in study.levels:
        for metric, measure in level.measures.items():
            yield [level.arm, level.sparsity, level.achieved, metric, *_figure(measure)]


def _seeds(study: Study) -> Lines:
    for entry in study.per_seed:
        for of, value in entry.items():
            figures = value.items() if isinstance(value, dict) else [("", value)]
            for figure, found in figures:
                if of != "seed":
                    yield [entry.get("seed"), of, figure, found]


def _figure(measure: Measure) -> list[Any]:
    return [
        measure.value, *(measure.interval or (None, None)), measure.n, measure.unit, measure.note
    ]  # fmt: skip


def write_table(path: Path, columns: Iterable[str], lines: Lines) -> None:
    """Write numbers so that reading them gives the same bits; None is an empty cell."""
    # Lone surrogates, which no encoding holds, are written as escapes.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)
