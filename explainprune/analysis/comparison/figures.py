"""From values for each row to figures with intervals: pairs, slices and models."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explainprune.analysis.comparison.agreements import PerRow, measures, measures_of_copies
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.measuring import RANDOM, REDRAWN, Measured
from explainprune.analysis.comparison.model_rows import model_row
from explainprune.analysis.comparison.scores import applies, score
from explainprune.analysis.comparison.slices import by_class, by_group, slices_of
from explainprune.analysis.intervals import mapped
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
        ``{"dense|pruned": {"signed_top_k": …}}``.
    """
    figures, said = {}, _said(case, found)
    for name, rows in found.pairs.items():
        certain = case.certain and name == case.other.name
        mean = _ratios(_averaged(rows, name, said, seed=case.settings.seed, certain=certain))
        if method is None:
            mean |= _behaviour(case, name, np.ones(rows.n, dtype=bool))
        figures[f"{case.dense.name}|{name}"] = _suffixed(mean, method)
    return figures


def sliced_figures(case: Case, found: Measured) -> dict[str, dict[str, Figures]]:
    """Average the metrics of the pair, and of the redrawn background, within each slice."""
    cuts = slices_of(case.data, case.dense, case.other, case.task)
    figures: dict[str, dict[str, Figures]] = {}
    said = _said(case, found)
    for name in (case.other.name, REDRAWN):
        if name not in found.pairs:
            continue
        rows, certain = found.pairs[name], case.certain and name == case.other.name
        figures[f"{case.dense.name}|{name}"] = {
            cut: _ratios(measures(rows, said, where, seed=case.settings.seed, certain=certain))
            | _behaviour(case, name, where)
            for cut, where in cuts.items()
        }
    return figures


def model_rows(case: Case, found: list[tuple[str | None, Measured]]) -> dict[str, ModelRow]:
    """Describe every model, the dense and the other first."""
    cuts = (by_class(case.data, case.dense) if case.task == "classification" else {}) | by_group(
        case.data
    )
    subjects = {name: [subject] for name, subject in case.subjects.items()}
    if case.copies:
        subjects[RANDOM] = case.copies.scored
    rows, said = {}, case.settings.said
    for name, group in subjects.items():
        quality: Figures = {}
        for method, each in found:
            mean = _averaged(each.quality[name], name, said, seed=case.settings.seed)
            quality |= _suffixed(mean, method)
        priced = name in case.settings.names
        rows[name] = model_row(
            group,
            case.data,
            case.task,
            case.settings,
            quality=quality,
            slices=cuts if name != RANDOM else {},
            background=case.backgrounds.base if priced else None,
        )
    return rows


def _said(case: Case, found: Measured) -> dict[str, Metric]:
    return case.settings.said | {"log_effective_features_ratio": log_ratio(found.players)}


def _averaged(
    rows: PerRow, name: str, said: Mapping[str, Metric], *, seed: int, certain: bool = False
) -> Figures:
    """Average over rows; over copies, where an arm is several of them."""
    if name == RANDOM:
        return measures_of_copies(rows, said)
    return measures(rows, said, seed=seed, certain=certain)


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
    a, b = (case.subjects[each].logits[where] for each in (case.dense.name, name))
    chosen = {key: case.settings.behaviour[key] for key in _of_two(case)}
    return {key: score(metric, a, b, y, seed=case.settings.seed) for key, metric in chosen.items()}


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
