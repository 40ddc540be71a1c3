"""The two verdicts on a pair, from its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from explainprune.analysis.comparison.agreements import beyond, measure
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.measuring import REDRAWN, Measured
from explainprune.analysis.comparison.scores import loss_of
from explainprune.analysis.comparison.settings import PRIMARY
from explainprune.analysis.intervals import bootstrap_mean, mapped
from explainprune.analysis.metrics.derived import log_ratio
from explainprune.analysis.verdict import clearer, faithful, not_broken, same_reasons
from explainprune.analysis.verdict.wording import number
from explainprune.types import Measure, ModelRow, Verdict

NO_NOISE = Measure(0.0, (0.0, 0.0), 0, "samples", "nothing to redraw: a single baseline")

PAYABLE = 1e8
"""Coalitions for each sample and background row that can be enumerated at all."""


def judge_reasons(case: Case, found: Measured) -> Verdict:
    """Judge whether both models decide for the same reasons."""
    seed, settings = case.settings.seed, case.settings
    apart = {name: 1 - rows[PRIMARY] for name, rows in found.pairs.items()}
    ours = apart[case.other.name]
    figures = {
        name: mapped(
            measure(
                settings.said[PRIMARY],
                found.pairs[name][PRIMARY][found.pairs[name].met],
                seed=seed,
                certain=case.certain and name == case.other.name,
            ),
            lambda agreement: 1 - agreement,
        )
        for name in apart
    }
    disagreement = figures.pop(case.other.name)
    noise = figures.pop(REDRAWN, replace(NO_NOISE, n=disagreement.n))
    redrawn = apart.get(REDRAWN, np.zeros(len(ours)))
    verdict = same_reasons(
        disagreement,
        beyond(ours, redrawn, seed=seed, certain=False),
        noise,
        margin=settings.margin,
        k=found.k,
        background=len(case.backgrounds),
        marks=figures,
    )
    position = _position(disagreement, figures)
    if position is None:
        return verdict
    return replace(verdict, evidence={**verdict.evidence, "position": position})


def _position(disagreement: Measure, figures: Mapping[str, Measure]) -> Measure | None:
    """Place the pair between placebo = 0 and retrained = 1, where both arms are there."""
    placebo, retrained = (figures.get(name) for name in ("placebo", "retrained"))
    if placebo is None or retrained is None:
        return None
    values = disagreement.value, placebo.value, retrained.value
    if None in values or values[1] == values[2]:
        return None
    place = (values[0] - values[1]) / (values[2] - values[1])  # type: ignore[operator]
    note = "between placebo (0) and retrained (1); one pair has no interval for it"
    return Measure(float(place), None, disagreement.n, "samples", note)


def judge_clarity(case: Case, found: Measured, models: Mapping[str, ModelRow]) -> Verdict:
    """Judge whether the other model's explanations are clearer."""
    settings, seed = case.settings, case.settings.seed
    pair = found.pairs[case.other.name]
    ours, theirs = (found.quality[name]["effective_features"] for name in settings.names)
    certain, said = case.certain, settings.said
    ratio = measure(
        log_ratio(found.players), pair["log_effective_features_ratio"], seed=seed, certain=certain
    )
    loss, score = loss_of(
        case.dense, case.other, case.data.y, case.task, seed=seed, certain=case.certain
    )
    counts = 1.0, float(found.players)
    planned = pair["naopc_drop"][found.how.rows]
    drop = measure(said["naopc_drop"], planned, seed=seed, certain=certain)
    return clearer(
        mapped(ratio, lambda log: float(np.exp(log))),
        bootstrap_mean(ours, seed=seed, bounds=counts, rare=False),
        bootstrap_mean(theirs, seed=seed, bounds=counts, rare=False),
        [
            not_broken(loss, settings.accuracy_margin, score=score),
            faithful(drop, settings.faithfulness_margin),
        ],
        margin=settings.clarity_margin,
        name=case.other.name,
        beside=_beside(*(models[name] for name in settings.names)),
    )


def _beside(dense: ModelRow, other: ModelRow) -> list[str]:
    """Write what stands beside the endpoint, where it differs."""
    pairs = [
        (f"{what} instead of", getattr(other, field), getattr(dense, field))
        for field, what in (
            ("live_connections", "live connections"),
            ("units", "hidden units"),
            ("live_inputs", "live inputs"),
        )
    ]
    found = [f"{a:,} {text} {b:,}" for text, a, b in pairs if None not in (a, b) and a != b]
    prices = [row.exact_cost for row in (other, dense)]
    known = [price for price in prices if price is not None]
    if len(known) == 2 and known[0] < min(PAYABLE, known[1] / 2):
        written = number(known[0]), number(known[1]) if known[1] < PAYABLE else "too many"
        found.append(f"exact Shapley values from {written[0]} coalitions instead of {written[1]}")
    return found
