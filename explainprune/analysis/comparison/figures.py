"""From values for each row to figures with intervals: pairs, slices and models."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explainprune.analysis.comparison.agreements import (
    PerRow,
    measure,
    measures,
    measures_of_copies,
)
from explainprune.analysis.comparison.beyond_chance import beyond_chance
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.circuits import Circuits, circuits_of
from explainprune.analysis.comparison.measuring import RANDOM, REDRAWN, SHUFFLED, Measured
from explainprune.analysis.comparison.model_rows import model_row
from explainprune.analysis.comparison.scores import applies, read_by, score
from explainprune.analysis.comparison.settings import PRIMARY
from explainprune.analysis.comparison.slices import by_class, by_group, classes_of, slices_of
from explainprune.analysis.intervals import Crossed, crossed_mean, mapped, row_mean
from explainprune.analysis.metrics.derived import log_ratio
from explainprune.types import Array, Measure, Metric, ModelRow, metric_of

Figures = dict[str, Measure]


def pair_figures(case: Case, found: Measured, method: str | None) -> dict[str, Figures]:
    """Average each pair's metrics over rows.

    Parameters
    ----------
    method : str or None
        Set for a further method, whose metrics are then called ``"cosine@method"``.

    Returns
    -------
    dict of str to dict of str to Measure
        ``{"dense|pruned": {"moved_weight": …}}``.
    """
    said = _said(case, found)
    figures: dict[str, Figures] = {}
    for name, rows in found.pairs.items():
        certain = case.certain and name == case.other.name
        whole = np.ones(rows.n, dtype=bool)
        mean = _ratios(_averaged(case, name, rows, said, certain=certain))
        mean |= _moved(case, found, name, whole)
        if name == case.other.name:
            mean |= _settled(case, found, certain)
        if method is None:
            mean |= _behaviour(case, name, whole)
        figures[name] = mean
    for name in (case.other.name, *case.arms):
        chance = figures.get(RANDOM, {})
        figures[name] |= beyond_chance(case.settings.agreement, said, figures[name], chance)
    return {f"{case.dense.name}|{name}": _suffixed(m, method) for name, m in figures.items()}


def sliced_figures(case: Case, found: Measured) -> dict[str, dict[str, Figures]]:
    """Average the metrics of the pair, and of the redrawn background, within each slice."""
    cuts = slices_of(case.data, case.dense, case.other, case.task)
    figures: dict[str, dict[str, Figures]] = {}
    said = _said(case, found)
    for name in (case.other.name, REDRAWN):
        if name not in found.pairs:
            continue
        rows, certain = found.pairs[name], case.certain and name == case.other.name
        seed = case.settings.seed
        figures[f"{case.dense.name}|{name}"] = {
            cut: _ratios(measures(rows, said, case.units, where, seed=seed, certain=certain))
            | _moved(case, found, name, where)
            | _behaviour(case, name, where)
            for cut, where in cuts.items()
        }
    return figures


def moved_of(case: Case, found: Measured, name: str, where: Array | None = None) -> Crossed | None:
    """Average an arm's moved weight over rows and backgrounds; None where no row is defined."""
    values = found.moved[name]
    index = np.arange(values.shape[1]) if where is None else np.flatnonzero(where)
    if np.isnan(values[:, index]).all():
        return None
    return crossed_mean(values[:, index], case.units.take(index))


def plain_moved(case: Case, found: Measured, name: str, where: Array | None = None) -> Measure:
    """Average an arm's moved weight over rows alone, where backgrounds aren't shared.

    It is no share of rows, so that nothing rare can hide in those that weren't seen.
    """
    rows = found.pairs[name]
    index = np.flatnonzero(rows.met if where is None else rows.met & where)
    units, seed = case.units.take(index), case.settings.seed
    return row_mean(rows[PRIMARY][index], units, seed=seed, bounds=(0.0, 1.0), rare=False)


def _moved(case: Case, found: Measured, name: str, where: Array) -> Figures:
    """Put the moved weight with its own interval in place of the plain mean."""
    if name in (REDRAWN, SHUFFLED):
        return {PRIMARY: plain_moved(case, found, name, where)}
    spread = moved_of(case, found, name, where) if name in found.moved else None
    if spread is None:
        return {}
    return {PRIMARY: spread.measure(certain=case.certain and name == case.other.name)}


def _settled(case: Case, found: Measured, certain: bool) -> Figures:
    """Average top-k over the rows whose k-th place the backgrounds settle."""
    rows = found.pairs[case.other.name]
    if "signed_top_k" not in rows or found.settled.all():
        return {}
    name = "signed_top_k"
    chosen = np.flatnonzero(found.settled)
    units, seed = case.units.take(chosen), case.settings.seed
    said = case.settings.said[name]
    mean = measure(said, rows[name][chosen], units, seed=seed, certain=certain)
    return {"signed_top_k_settled": mean}


def model_rows(case: Case, found: list[tuple[str | None, Measured]]) -> dict[str, ModelRow]:
    """Describe every model, the dense and the other first."""
    by_label = case.task == "classification"
    cuts = (by_class(case.data, case.dense) if by_label else {}) | by_group(case.data)
    named = classes_of(case.data, case.dense) if by_label else {}
    subjects = {name: [subject] for name, subject in case.subjects.items()}
    if RANDOM in found[0][1].quality:
        subjects[RANDOM] = list(case.copies.subjects)
    rows, said, circuits = {}, case.settings.said, circuits_of(case)
    for name, group in subjects.items():
        quality: Figures = {}
        for method, each in found:
            if name in each.quality:
                quality |= _suffixed(_averaged(case, name, each.quality[name], said), method)
        own = circuits.get(name, Circuits())
        priced = name in case.settings.names
        rows[name] = model_row(
            group,
            case.data,
            case.task,
            case.settings,
            case.units,
            quality=quality | own.figures,
            slices=cuts if name != RANDOM else {},
            classes=named if name != RANDOM else {},
            background=case.backgrounds[0] if priced else None,
            note=own.note,
        )
    return rows


def _said(case: Case, found: Measured) -> dict[str, Metric]:
    return case.settings.said | {"log_effective_features_ratio": log_ratio(found.players)}


def _averaged(
    case: Case, name: str, rows: PerRow, said: Mapping[str, Metric], *, certain: bool = False
) -> Figures:
    """Average over rows; over copies, where an arm is several of them."""
    if name == RANDOM:
        return measures_of_copies(rows, said)
    return measures(rows, said, case.units, seed=case.settings.seed, certain=certain)


def _ratios(figures: Figures) -> Figures:
    """Turn the mean log ratio of effective features into a ratio of geometric means."""
    log = figures.pop("log_effective_features_ratio", None)
    if log is not None:
        figures["effective_features_ratio"] = mapped(log, lambda v: float(np.exp(v)))
    return figures


def _behaviour(case: Case, name: str, where: Array) -> Figures:
    """Measure churn, and whatever else compares two networks' outputs."""
    if name not in case.subjects:
        return {}
    y = None if case.data.y is None else case.data.y[where]
    pair = case.dense, case.subjects[name]
    units, seed = case.units.take(np.flatnonzero(where)), case.settings.seed
    found = {}
    for key in _of_two(case):
        a, b = (read_by(key, each)[where] for each in pair)
        found[key] = score(case.settings.behaviour[key], a, b, y, units, seed=seed)
    return found


def _of_two(case: Case) -> list[str]:
    labelled = case.data.y is not None
    return [
        key
        for key, metric in case.settings.behaviour.items()
        if metric_of(metric).of_two and applies(metric, case.task, labelled)
    ]


def _suffixed(figures: Mapping[str, Measure], method: str | None) -> Figures:
    """Tell the figures of a further method from those of the first."""
    return {name if method is None else f"{name}@{method}": m for name, m in figures.items()}
