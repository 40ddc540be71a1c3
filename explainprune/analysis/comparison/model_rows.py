"""The table of models: how well each does, how large it is, what of it is alive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from explainprune.analysis.comparison.agreements import measure, over_copies
from explainprune.analysis.comparison.scores import applies, read_by, score
from explainprune.analysis.comparison.settings import Settings
from explainprune.analysis.comparison.subjects import Subject
from explainprune.analysis.intervals import Units
from explainprune.analysis.metrics.behaviour.precision import precision_of
from explainprune.types import Array, Data, Inputs, Measure, Metric, ModelRow, metric_of
from explainprune.types.arrays import n_rows
from explainprune.types.arrays import rows as take
from explainprune.types.comparison import SCORES

COST_ROWS, LARGE = (16, 4), 1000
"""Scored rows, and background rows, on whose pairs the price of exact values is counted; fewer of
them where there are more than `LARGE` inputs."""
ALL = "all rows"


def model_row(
    subjects: list[Subject],
    data: Data,
    task: str,
    settings: Settings,
    units: Units,
    *,
    quality: Mapping[str, Measure],
    slices: Mapping[str, Array],
    classes: Mapping[str, int],
    background: Inputs | None = None,
    note: str = "",
) -> ModelRow:
    """Describe one model, or the mean of several copies of one.

    Parameters
    ----------
    subjects : list of Subject
        Scores are averaged over them; sizes are the first one's.
    quality : mapping of str to Measure
        Quality of its attributions: with all scores it stands under ``"all rows"`` among the
        slices, for what a `ModelRow` has no field of its own for.
    slices : mapping of str to ndarray of bool
    classes : mapping of str to int
        Which of the slices are the rows of a label.
    background : Inputs, optional
        With it the price of exact values is counted.
    note : str
        What else is to be known of it.
    """
    everything = np.ones(len(data), dtype=bool)
    whole = _scores(subjects, data, task, settings, units, everything)
    apart = {
        name: _scores(subjects, data, task, settings, units, at) for name, at in slices.items()
    }
    for name, index in classes.items():
        _of_class(apart[name], index, subjects[0], data, settings, units)
    main = {name: whole[name] for name in SCORES if name in whole}
    scores: dict[str, Any] = {name: measure.value for name, measure in main.items()}
    facts, why_not = size_facts(subjects[0], data, background)
    return ModelRow(
        arm=subjects[0].name,
        **scores,
        intervals={name: m.interval for name, m in main.items() if m.interval is not None},
        n=len(data) if len(subjects) == 1 else len(subjects),
        unit="samples" if len(subjects) == 1 else "copies",
        slices={ALL: {**whole, **quality}, **{n: s for n, s in apart.items() if s}},
        note=" ".join(filter(None, [why_not, note])),
        **facts,
    )


def _scores(
    subjects: list[Subject], data: Data, task: str, settings: Settings, units: Units, where: Array
) -> dict[str, Measure]:
    """Measure what reads a single network, on some of the rows."""
    y = None if data.y is None else data.y[where]
    part, found = units.take(np.flatnonzero(where)), {}
    for name, metric in settings.behaviour.items():
        if metric_of(metric).of_two or not applies(metric, task, data.y is not None):
            continue
        outputs = [read_by(name, subject)[where] for subject in subjects]
        each = [score(metric, a, None, y, part, seed=settings.seed) for a in outputs]
        found[name] = each[0] if len(each) == 1 else _mean(metric_of(metric), each)
    # Within a class, AUC isn't defined: such figures are left out.
    return {name: measure for name, measure in found.items() if measure.value is not None}


def _of_class(
    scores: dict[str, Measure],
    index: int,
    subject: Subject,
    data: Data,
    settings: Settings,
    units: Units,
) -> None:
    """Put a class's own precision among the scores on its rows.

    Even of a calibrated model, confidence isn't right among the rows of one label: no ECE there.
    """
    scores.pop("ece", None)
    if "precision" in settings.behaviour:
        rows = precision_of(subject.deciding, data.y, index)
        found = measure(Metric("share", bounds=(0.0, 1.0)), rows, units, seed=settings.seed)
        if found.value is not None:
            scores["precision"] = found


def _mean(said: Metric, each: list[Measure]) -> Measure:
    """Average a figure over copies of a model: its interval is one over copies."""
    return over_copies(said, np.array([np.nan if m.value is None else m.value for m in each]))


def size_facts(
    subject: Subject, data: Data, background: Inputs | None
) -> tuple[dict[str, Any], str]:
    """Return sizes and what is alive, and a note on what isn't known."""
    model = subject.keras_model
    if model is None:
        return {}, _of_no_layers(subject)
    from explainprune.network import liveness, size_of

    size = size_of(model, gzip=False)
    facts: dict[str, Any] = {"params": size.params, "nonzero": size.nonzero, "flops": size.flops}
    notes = []
    try:
        alive = liveness(model)
    except ValueError as reason:
        notes.append(str(reason))
    else:
        facts["live_inputs"] = int(alive.inputs.sum())
        facts["live_connections"] = int(alive.connections)
        facts["units"] = _hidden(model, alive)
    if background is not None:
        facts["exact_cost"], why_not = _cost(subject, data, background)
        notes += [why_not] if why_not else []
    return facts, " ".join(notes)


def _of_no_layers(subject: Subject) -> str:
    """Say why a model has no layers to be counted."""
    artefact = getattr(subject.network, "artefact", None)
    if artefact is None:
        return "A formula: it has no size."
    if artefact.bytes is None:
        return f"The function {artefact.name}: it has no size."
    return f"The file {artefact.name} of {artefact.bytes:,} bytes: its layers aren't read."


def _hidden(model: Any, alive: Any) -> int:
    from explainprune.network import prunable_layers

    outputs = {info.path for info in prunable_layers(model) if info.is_output}
    return int(sum(units.sum() for path, units in alive.units.items() if path not in outputs))


def price(subject: Subject, data: Data, background: Inputs, most: int) -> Any:
    """Count what exact values cost on so many rows, and background rows."""
    from explainprune.analysis.attribution import exact_cost

    few, reference = (
        take(part, np.arange(min(most, n_rows(part)))) for part in (data.x, background)
    )
    return exact_cost(subject.model, few, reference, output=subject.kind, players=data.players)


def _cost(subject: Subject, data: Data, background: Inputs) -> tuple[float | None, str]:
    """Count coalitions on a few rows; None where the network can't be cut into small games."""
    cost = price(subject, data, background, COST_ROWS[subject.network.n_inputs > LARGE])
    if cost.why_not:
        return None, f"Exact values have no price: {cost.why_not}"
    return float(cost), ""
