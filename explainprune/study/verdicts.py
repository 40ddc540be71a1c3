"""The two verdicts for a procedure, from each seed's pair: seeds are the unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import variance

from explainprune.analysis.comparison.circuits import CHANCE, SIZE
from explainprune.analysis.comparison.conditions import LOSS_MARGIN
from explainprune.analysis.comparison.settings import PRIMARY
from explainprune.analysis.intervals import Crossed, error_of, over_units
from explainprune.analysis.metrics.derived import DERIVED
from explainprune.analysis.verdict import clearer, faithful, not_broken, same_reasons
from explainprune.analysis.verdict.planning import FEWEST_SEEDS
from explainprune.analysis.verdict.same_reasons import NO_FLOOR
from explainprune.analysis.verdict.wording import count, interval, percent
from explainprune.study.config import ExplainSettings
from explainprune.types import Comparison, Measure, Metric, Verdict, said_of

SCORES = {
    "accuracy": "accuracy_drop",
    "balanced_accuracy": "balanced_accuracy_drop",
    "log_loss": "log_loss_rise",
    "r2": "r2_drop",
}
"""Scores by which a model may be broken, and what their fall is called among the evidence."""
BETWEEN = ("placebo", "retrained")
"""Arms that set the scale: training without a mask is 0, another initialisation is 1."""
SHARE, FREE = Metric("share", bounds=(0.0, 1.0)), Metric()
RATIO = Metric("ratio", bounds=(0.0, None))
RANDOM = "random_weights"


def procedure_verdict(seeds: Sequence[Comparison], settings: ExplainSettings) -> Verdict:
    """Answer *same reasons?* for the procedure."""
    marks = _marks(seeds)
    moved = _certain(seeds) or _mean(seeds, "verdict", PRIMARY, SHARE)
    few = tuple(_too_few(len(seeds)))
    return same_reasons(
        moved,
        margin=settings.margin,
        floor=_floor(seeds),
        scope="procedure",
        spread=None if few else _spread(seeds, moved),
        obstacles=few,
        doubts=tuple(_doubts(seeds, marks, settings.margin)),
        beside={"stability": _mean(seeds, "verdict", "stability", SHARE)},
        marks=marks,
        remarks=() if few else (cost_of_skew(len(seeds)),),
    )


def level_verdict(
    seeds: Sequence[Comparison], settings: ExplainSettings, moved: Measure
) -> Verdict:
    """Answer *same reasons?* for another level of the procedure, by what moved there."""
    return same_reasons(
        moved,
        margin=settings.margin,
        floor=_floor(seeds),
        scope="procedure",
        obstacles=tuple(_too_few(len(seeds))),
        doubts=tuple(_doubts(seeds, _marks(seeds), settings.margin)),
    )


def _marks(seeds: Sequence[Comparison]) -> dict[str, Measure]:
    """Average what every reference arm moved."""
    return {pair.partition("|")[2]: _over_seeds(seeds, pair) for pair in _pairs(seeds)}


def _spread(seeds: Sequence[Comparison], moved: Measure) -> Crossed | None:
    """Return how far seeds differ, from which follows what more of them would decide."""
    each = [c.verdict.evidence[PRIMARY].value for c in seeds if PRIMARY in c.verdict.evidence]
    values = [value for value in each if value is not None]
    if moved.value is None or len(values) < 2 or len(set(values)) == 1:
        return None
    error = variance(values) / len(values)
    return Crossed(moved.value, error, 0.0, len(values), 1, seen=len(values), unit="seeds")


def cost_of_skew(n: int) -> str:
    """Say how often a verdict over so many seeds is wrong, where seeds are skewed.

    >>> print(cost_of_skew(6))
    Of such intervals 2.5 % lie wholly below the true mean; with six seeds as skewed as any that
    were tried, 7.7 %.
    """
    return (
        "Of such intervals 2.5 % lie wholly below the true mean; with "
        f"{count(n, 'seed')} as skewed as any that were tried, {percent(error_of(n))} %."
    )


def _too_few(n: int) -> Iterator[str]:
    if n < FEWEST_SEEDS:
        have = count(n, "seed").capitalize()
        yield f"{have} can't decide: a verdict on a procedure needs {FEWEST_SEEDS} at least."


def _certain(seeds: Sequence[Comparison]) -> Measure | None:
    """Return 0 where every seed's two models are one function: then nothing can have moved."""
    if not all(c.provenance.get("identical_models") for c in seeds):
        return None
    return Measure(0.0, (0.0, 0.0), len(seeds), "seeds", "every seed's models are one function")


def _floor(seeds: Sequence[Comparison]) -> Measure:
    """Average the explainer's own noise; a deterministic explainer has none."""
    each = [c.verdict.evidence.get("floor", NO_FLOOR) for c in seeds]
    if all(floor.interval == (0.0, 0.0) for floor in each):
        return NO_FLOOR
    return _mean(seeds, "verdict", "floor", SHARE)


def _doubts(
    seeds: Sequence[Comparison], marks: Mapping[str, Measure], margin: float
) -> Iterator[str]:
    """Say why explanations may not be able to show a change, over seeds and in single ones."""
    mark = marks.get(RANDOM)
    if mark is not None and mark.low is not None and mark.low <= margin:
        yield (
            f"These explanations can't show a change: random weights move only "
            f"{percent(mark.value or 0.0)} % ({interval(mark)})."
        )
        return
    doubtful = [c.verdict.conditions for c in seeds if c.verdict.conditions]
    if doubtful:
        yield f"In {len(doubtful)} of {count(len(seeds), 'seed')}: {doubtful[0][0]}"


def _mean(seeds: Sequence[Comparison], which: str, name: str, said: Metric) -> Measure:
    """Average one figure of each seed's verdict.

    Seeds that all give the same don't tell how much seeds differ, but rows may still: then the
    interval reaches as far as any seed's own.
    """
    found = [getattr(each, which).evidence.get(name) for each in seeds]
    mean = over_units(said, [None if each is None else each.value for each in found])
    ends = [each.interval for each in found if each is not None and each.interval is not None]
    if mean.value is None or mean.interval is not None or len(ends) < max(len(seeds), 2):
        return mean
    widest = min(low for low, _ in ends), max(high for _, high in ends)
    return replace(mean, interval=widest, note=f"{mean.note}: the widest of their own intervals")


def _over_seeds(seeds: Sequence[Comparison], pair: str) -> Measure:
    values = [c.comparisons[pair][PRIMARY].value for c in seeds]
    return over_units(said_of(PRIMARY, seeds[0].metrics), values)


def pair_of(seeds: Sequence[Comparison]) -> tuple[str, str]:
    """Return what the dense and the pruned model are called."""
    dense, pruned = list(seeds[0].models)[:2]
    return dense, pruned


def _pairs(seeds: Sequence[Comparison]) -> list[str]:
    """Return the pairs of the dense model with reference arms, those that train first."""
    dense, pruned = pair_of(seeds)
    judged = [f"{dense}|{arm}" for arm in (pruned, "redrawn_background", "shrunk")]
    own = [p for p in seeds[0].comparisons if p.startswith(f"{dense}|")]
    pairs = [p for p in own if p not in judged]
    kept = [p for p in pairs if all(PRIMARY in c.comparisons.get(p, {}) for c in seeds)]
    return sorted(kept, key=lambda pair: pair.partition("|")[2] not in BETWEEN)


def procedure_clarity(seeds: Sequence[Comparison], settings: ExplainSettings) -> Verdict:
    """Answer *clearer?* for the procedure."""
    conditions = []
    for score, name in SCORES.items():
        if name in seeds[0].clarity.evidence:
            loss = _mean(seeds, "clarity", name, FREE)
            margin = LOSS_MARGIN if score == "log_loss" else settings.accuracy_margin
            conditions.append(not_broken(loss, margin, score=score))
    if "naopc_drop" in seeds[0].clarity.evidence:
        loss = _mean(seeds, "clarity", "naopc_drop", FREE)
        conditions.append(faithful(loss, settings.faithfulness_margin))
    return clearer(
        _mean(seeds, "clarity", "effective_features_ratio", RATIO),
        _mean(seeds, "clarity", "effective_features_dense", RATIO),
        _mean(seeds, "clarity", "effective_features_other", RATIO),
        conditions,
        margin=settings.clarity_margin,
        scope="procedure",
        name=pair_of(seeds)[1],
        beside=_beside(seeds),
        shown=_circuits(seeds),
        obstacles=tuple(_too_few(len(seeds))),
    )


def _circuits(seeds: Sequence[Comparison]) -> dict[str, Measure]:
    """Average what the seeds' circuits say, where all have some."""
    return {
        name: _mean(seeds, "clarity", name, DERIVED[key])
        for key in (SIZE, CHANCE)
        for name in (f"{key}_dense", f"{key}_other")
        if all(name in each.clarity.evidence for each in seeds)
    }


def _beside(seeds: Sequence[Comparison]) -> list[str]:
    """Say how many connections are left, mean over seeds."""
    before, after = ([c.models[name].live_connections for c in seeds] for name in pair_of(seeds))
    if any(count is None for count in (*before, *after)):
        return []
    ours, theirs = (round(sum(filter(None, counts)) / len(seeds)) for counts in (before, after))
    return [f"{theirs:,} live connections instead of {ours:,}"]


def on_scale(seeds: Sequence[Comparison]) -> Measure | None:
    """Place the pruned model between placebo (0) and retrained (1), by moved weight.

    None where the intervals of the two overlap: a ratio to a difference that may be none says
    nothing.
    """
    dense, pruned = pair_of(seeds)
    pairs = [f"{dense}|{arm}" for arm in (pruned, *BETWEEN)]
    if not all(PRIMARY in c.comparisons.get(pair, {}) for c in seeds for pair in pairs):
        return None
    near, far = (_over_seeds(seeds, pair) for pair in pairs[1:])
    if near.high is None or far.low is None or near.high >= far.low:
        return None
    values = [[c.comparisons[pair][PRIMARY].value for pair in pairs] for c in seeds]
    return over_units(FREE, [_place(*each) for each in values])


def _place(pruned: float | None, placebo: float | None, retrained: float | None) -> float | None:
    if pruned is None or placebo is None or retrained is None or placebo == retrained:
        return None
    return (pruned - placebo) / (retrained - placebo)
