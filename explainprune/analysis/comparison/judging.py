"""The two verdicts on a pair, from its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from explainprune.analysis.comparison.agreements import measure, measures_of_copies
from explainprune.analysis.comparison.case import Case
from explainprune.analysis.comparison.circuits import CHANCE, SIZE
from explainprune.analysis.comparison.conditions import still_works
from explainprune.analysis.comparison.figures import moved_of, plain_moved
from explainprune.analysis.comparison.measuring import RANDOM, REDRAWN, SHUFFLED, Measured
from explainprune.analysis.comparison.model_rows import ALL
from explainprune.analysis.comparison.provenance import left_out
from explainprune.analysis.comparison.settings import PRIMARY
from explainprune.analysis.comparison.slices import by_class, by_group
from explainprune.analysis.intervals import mapped
from explainprune.analysis.intervals.shared import LEVEL
from explainprune.analysis.metrics.derived import log_ratio
from explainprune.analysis.verdict import clearer, faithful, same_reasons
from explainprune.analysis.verdict.same_reasons import FEWEST_UNITS, MOST_UNDEFINED, NO_FLOOR
from explainprune.analysis.verdict.wording import count, interval, number, percent
from explainprune.types import Array, Measure, Metric, ModelRow, Verdict

PAYABLE = 1e8
"""Coalitions for each sample and background row that can be enumerated at all."""


def judge_reasons(case: Case, found: Measured) -> Verdict:
    """Judge whether both models decide for the same reasons."""
    spread = moved_of(case, found, case.other.name)
    undefined = Measure(None, None, 0, "samples", "neither model has a reason in any row")
    moved = undefined if spread is None else spread.measure(certain=case.certain)
    floor = found.look.floor
    marks = dict(_marks(case, found))
    worst, figures = _worst(case, found)
    return same_reasons(
        moved,
        margin=case.settings.margin,
        floor=NO_FLOOR if floor is None else floor.measure(),
        spread=spread,
        obstacles=() if case.certain else tuple(_obstacles(case, found)),
        doubts=() if case.certain else tuple(_doubts(case, found, marks)),
        marks=marks,
        beside={**_stability(case, found), **figures},
        worst=worst,
        remarks=tuple(_remarks(case, found, worst, figures)),
    )


def _marks(case: Case, found: Measured) -> Iterator[tuple[str, Measure]]:
    """Average the moved weight of every reference arm."""
    for name in case.arms:
        spread = moved_of(case, found, name)
        if spread is not None:
            yield name, spread.measure()
    if RANDOM in found.pairs:
        yield RANDOM, measures_of_copies(found.pairs[RANDOM], case.settings.said)[PRIMARY]
    if SHUFFLED in found.pairs:
        yield SHUFFLED, plain_moved(case, found, SHUFFLED)


def _stability(case: Case, found: Measured) -> dict[str, Measure]:
    """Say how far other background rows move the dense model's own explanations."""
    if REDRAWN not in found.pairs:
        return {}
    return {"stability": plain_moved(case, found, REDRAWN)}


def _undefined(found: Measured, case: Case) -> float:
    """Return the share of rows in which neither model has a reason."""
    return float(np.isnan(found.moved[case.other.name]).any(axis=0).mean())


def _obstacles(case: Case, found: Measured) -> Iterator[str]:
    """Say why these rows can't give a label."""
    known = ~np.isnan(found.moved[case.other.name]).any(axis=0)
    units = case.units.take(np.flatnonzero(known))
    if known.any() and units.count < FEWEST_UNITS:
        what = "row" if units.apart else units.unit.removesuffix("s")
        yield f"{count(units.count, what)} can't decide: a verdict needs {FEWEST_UNITS} at least."
    if _undefined(found, case) > MOST_UNDEFINED:
        yield (
            f"In {percent(_undefined(found, case))} % of the rows neither model has any reason: "
            "the others can't speak for all."
        )
    if case.backgrounds.too_small:
        yield f"{case.backgrounds.notes[-1].removesuffix('.')}: this can't decide."


def _doubts(case: Case, found: Measured, marks: Mapping[str, Measure]) -> Iterator[str]:
    """Say why explanations may not be able to show a change."""
    mark = marks.get(RANDOM)
    if found.players == 1:
        return
    if mark is None or mark.low is None:
        yield (
            "Whether this explainer could show a change is not known: no model with random "
            "weights could be explained by it."
        )
    elif mark.low <= case.settings.margin:
        yield (
            f"These explanations can't show a change: random weights move only "
            f"{percent(mark.value or 0.0)} % ({interval(mark)})."
        )


def _remarks(
    case: Case, found: Measured, worst: Mapping[str, str], figures: Mapping[str, Measure]
) -> Iterator[str]:
    """Say what a reader needs to understand the figure."""
    yield from left_out(case)
    undefined = round(_undefined(found, case) * len(case.targets))
    if 0 < undefined <= MOST_UNDEFINED * len(case.targets):
        yield f"In {count(undefined, 'further row')} neither model has any reason."
    if not case.units.apart:
        yield f"The interval is over {case.units.count:,} {case.units.unit}."
    if case.as_probabilities:
        yield "Both are explained as probabilities, since one of them yields nothing else."
    if found.players == 1:
        yield "With a single feature only its sign can move."
    for what, name in worst.items():
        figure = figures[f"worst_{what}"]
        yield f"It moved most in {name}: {percent(figure.value or 0.0)} % ({interval(figure)})."


def _worst(case: Case, found: Measured) -> tuple[dict[str, str], dict[str, Measure]]:
    """Find the class and the group whose reasons moved most, their intervals by Bonferroni."""
    names: dict[str, str] = {}
    figures: dict[str, Measure] = {}
    if case.certain:
        return names, figures
    classes = by_class(case.data, case.dense) if case.task == "classification" else {}
    for what, cuts in (("class", classes), ("group", by_group(case.data))):
        spreads = {}
        for name, where in cuts.items():
            spread = moved_of(case, found, case.other.name, where)
            if spread is not None and spread.n_rows >= FEWEST_UNITS:
                spreads[name] = spread
        if len(spreads) > 1:
            names[what] = max(spreads, key=lambda name: spreads[name].value)
            level = 1 - (1 - LEVEL) / len(spreads)
            figures[f"worst_{what}"] = spreads[names[what]].measure(level=level)
    return names, figures


def judge_clarity(case: Case, found: Measured, models: Mapping[str, ModelRow]) -> Verdict:
    """Judge whether the other model's explanations are clearer."""
    settings, pair = case.settings, found.pairs[case.other.name]
    planned = found.how.rows

    everything = np.arange(len(case.units))

    def mean(said: Metric, values: Array, index: Array = everything) -> Measure:
        units, seed = case.units.take(index), settings.seed
        return measure(said, values[index], units, seed=seed, certain=case.certain)

    effective = settings.said["effective_features"]
    ours, theirs = (mean(effective, found.quality[n]["effective_features"]) for n in settings.names)
    drop = mean(settings.said["naopc_drop"], pair["naopc_drop"], planned)
    return clearer(
        _ratio(mean(log_ratio(found.players), pair["log_effective_features_ratio"])),
        ours,
        theirs,
        [*still_works(case), faithful(drop, settings.faithfulness_margin)],
        twins=_twins(case, found),
        margin=settings.clarity_margin,
        name=case.other.name,
        beside=_beside(*(models[name] for name in settings.names)),
        shown=_circuits(*(models[name] for name in settings.names)),
    )


def _circuits(*models: ModelRow) -> dict[str, Measure]:
    """Return how small a part of each model does one job, which decides nothing."""
    return {
        f"{key}_{role}": model.slices[ALL][key]
        for key in (SIZE, CHANCE)
        for role, model in zip(("dense", "other"), models, strict=True)
        if key in model.slices[ALL]
    }


def _ratio(log: Measure) -> Measure:
    return mapped(log, lambda value: float(np.exp(value)))


def _twins(case: Case, found: Measured) -> Measure | None:
    """Return how far effective features differ between twins of another seed."""
    rows = found.pairs.get("retrained")
    if rows is None or "retrained" not in case.arms:
        return None
    values = rows["log_effective_features_ratio"]
    said, seed = log_ratio(found.players), case.settings.seed
    return _ratio(measure(said, values, case.units, seed=seed))


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
        found.append(f"exact Shapley values in {written[0]} steps instead of {written[1]}")
    return found
