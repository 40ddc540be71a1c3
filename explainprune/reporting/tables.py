"""The tables beside the page: what it shows and what it has no room for, at full precision."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from explainprune.reporting.network_tables import (
    LAYERS,
    connection_columns,
    connection_lines,
    filter_columns,
    filter_lines,
    layer_lines,
)
from explainprune.reporting.subject import Subject
from explainprune.reporting.views.metrics import ALL_ROWS
from explainprune.reporting.views.sizes import QUANTITIES
from explainprune.types import CodeChanges, Detail, Measure, ModelRow, Sample, Study
from explainprune.types.answers import AtCutOff, CutOffs
from explainprune.types.comparison import SCORES

Lines = Iterable[list[Any]]

UNITS = ("layer", "unit", "before", "after", "rank_before", "rank_after", "kept")
ATTRIBUTIONS = ("row", "feature", "x", "dense", "other")
FEATURES = ("feature", "dense", "dense_low", "dense_high", "other", "other_low", "other_high",
            "change", "change_low", "change_high")  # fmt: skip
MODELS = ("model", "arm", *SCORES, *QUANTITIES, "n", "unit", "note")
KEPT = {True: "true", False: "false"}
FIGURE = ("value", "low", "high", "n", "unit", "note")
"""Columns of a figure: its interval is empty where there is none, and the note says why."""


def write_tables(subject: Subject, folder: Path) -> None:
    """Write ``units``, ``attributions``, ``features``, ``models``, ``metrics`` and ``slices.csv``.

    The others are there where there is something to put into them: ``evidence``, ``power``,
    ``reliability``, ``where``, ``sources``, ``reasons``, ``cut_offs``, ``layers``, ``connections``
    and ``filters.csv``, of a study ``levels`` and ``seeds.csv``.
    """
    detail, study = subject.pair.detail, subject.study
    write_units(detail, folder / "units.csv")
    write_attributions(detail, folder / "attributions.csv")
    write_table(folder / "features.csv", FEATURES, _features(detail))
    write_table(folder / "models.csv", MODELS, model_lines(subject.results.models))
    write_table(folder / "metrics.csv", ("of", "metric", *FIGURE), _metrics(subject))
    write_table(folder / "slices.csv", ("of", "slice", "metric", *FIGURE), _slices(subject))
    write_network(detail, folder)
    for name, (columns, lines) in _of_charts(subject).items():
        if lines:
            write_table(folder / f"{name}.csv", columns, lines)
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


def model_lines(models: Mapping[str, ModelRow]) -> Lines:
    """Yield scores and sizes of every model; columns are `MODELS`."""
    for name, row in models.items():
        yield [name, *(getattr(row, part) for part in MODELS[1:])]


def write_network(detail: Detail, folder: Path) -> None:
    """Write ``layers``, ``connections`` and ``filters.csv``, those of them that hold anything."""
    drawings = detail.drawings
    if detail.rewired:
        write_table(folder / "layers.csv", LAYERS, layer_lines(detail))
    if drawings:
        columns = connection_columns(drawings)
        write_table(folder / "connections.csv", columns, connection_lines(drawings))
    if any(drawing.filters for drawing in drawings.values()):
        write_table(folder / "filters.csv", filter_columns(drawings), filter_lines(drawings))


def write_units(detail: Detail, path: Path) -> None:
    """Write ``units.csv``: one line for each neuron; an empty cell is a unit without that score."""
    lines = (
        [*(getattr(unit, name) for name in UNITS[:-1]), KEPT[unit.kept]] for unit in detail.units
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
            yield [pair, metric, *figure_cells(measure)]
    for model, row in subject.results.models.items():
        for metric, measure in row.slices.get(ALL_ROWS, {}).items():
            yield [model, metric, *figure_cells(measure)]


def _slices(subject: Subject) -> Lines:
    """Yield every figure within classes, groups and outcomes: of pairs, then of models."""
    models = {model: row.slices for model, row in subject.results.models.items()}
    for of, slices in (*subject.results.slices.items(), *models.items()):
        for part, measures in slices.items():
            if part == ALL_ROWS:
                continue
            for metric, measure in measures.items():
                yield [of, part, metric, *figure_cells(measure)]


def _of_charts(subject: Subject) -> dict[str, tuple[tuple[str, ...], list[list[Any]]]]:
    """Return what no other table holds of the charts: file name → columns, lines."""
    pair, results, study = subject.pair, subject.results, subject.study
    evidence = [
        [verdict, figure, *figure_cells(measure)]
        for verdict, found in (("reasons", results.verdict), ("clarity", results.clarity))
        for figure, measure in found.evidence.items()
    ]
    bins = [
        [model, place, each.confidence, *figure_cells(each.right)]
        for model, found in pair.answers.reliability.items()
        for place, each in enumerate(found)
    ]
    rules = [
        [str(rule), KEPT[rule.confirmed], rule.share, rows, *figure_cells(getattr(rule, rows))]
        for rule in (pair.where.rules if pair.where else ())
        for rows in ("inside", "outside", "apart")
    ]
    split = [
        [each.name, figure, *figure_cells(getattr(each, figure))]
        for each in (study.sources if study else ())
        for figure in ("deviation", "share")
    ]
    power = [[each.true, each.preserved, each.changed] for each in results.verdict.power]
    return {
        "evidence": (("verdict", "figure", *FIGURE), evidence),
        "power": (("true", "preserved", "changed"), power),
        "reliability": (("model", "bin", "confidence", *FIGURE), bins),
        "where": (("rule", "confirmed", "share", "rows", *FIGURE), rules),
        "sources": (("source", "figure", *FIGURE), split),
    }


def _reasons(codes: CodeChanges) -> Lines:
    """Yield how often reasons change, in all and within slices, and how often each is given."""
    for part, measures in {"": codes.changed, **codes.slices}.items():
        for figure, measure in measures.items():
            yield ["slice", part, figure, *figure_cells(measure)]
    for use in codes.used:
        for model, measure in (("dense", use.dense), ("other", use.other)):
            yield ["feature", use.feature, model, *figure_cells(measure)]


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
                    yield [part, model, at.chance, figure, *figure_cells(getattr(at, figure))]


def _levels(study: Study) -> Lines:
    for level in study.levels:
        for metric, measure in level.measures.items():
            yield [level.arm, level.sparsity, level.achieved, metric, *figure_cells(measure)]


def _seeds(study: Study) -> Lines:
    for entry in study.per_seed:
        for of, value in entry.items():
            figures = value.items() if isinstance(value, dict) else [("", value)]
            for figure, found in figures:
                if of != "seed":
                    yield [entry.get("seed"), of, figure, found]


def figure_cells(measure: Measure) -> list[Any]:
    """Return the cells of a figure; columns are `FIGURE`."""
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
