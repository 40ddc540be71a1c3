"""The two verdicts for a procedure, from each seed's pair."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explainprune.analysis.comparison.conditions import LOSS_MARGIN
from explainprune.analysis.comparison.settings import PRIMARY
from explainprune.analysis.intervals import over_units, t_mean
from explainprune.analysis.verdict import clearer, faithful, not_broken, same_reasons
from explainprune.analysis.verdict.deciding import FEWEST_SEEDS
from explainprune.analysis.verdict.wording import count
from explainprune.study.config import ExplainSettings
from explainprune.types import Comparison, Measure, Verdict, said_of

SCORES = {
    "accuracy": "accuracy_drop",
    "balanced_accuracy": "balanced_accuracy_drop",
    "log_loss": "log_loss_rise",
    "r2": "r2_drop",
}
"""Scores by which a model may be broken, and what their fall is called among the evidence."""
BETWEEN = ("placebo", "retrained")
"""Arms that set the scale: training without a mask is 0, another initialisation is 1."""


def evidence(seeds: Sequence[Comparison], which: str, name: str) -> list[float | None]:
    """Return one figure of each seed's verdict."""
    found = []
    for comparison in seeds:
        verdict: Verdict = getattr(comparison, which)
        measure = verdict.evidence.get(name)
        found.append(None if measure is None else measure.value)
    return found


def _measure(seeds: Sequence[Comparison], which: str, name: str, transform: str) -> Measure:
    values = [math.nan if v is None else v for v in evidence(seeds, which, name)]
    return t_mean(values, transform=transform)


def procedure_verdict(seeds: Sequence[Comparison], settings: ExplainSettings) -> Verdict:
    """Answer *same reasons?* for the procedure."""
    marks = {pair.partition("|")[2]: _over_seeds(seeds, pair) for pair in _pairs(seeds)}
    return same_reasons(
        _measure(seeds, "verdict", "moved_weight", "identity"),
        margin=settings.margin,
        floor=_measure(seeds, "verdict", "floor", "identity"),
        scope="procedure",
        obstacles=_obstacles(seeds),
        doubts=tuple(dict.fromkeys(why for c in seeds for why in c.verdict.conditions)),
        beside={"stability": _measure(seeds, "verdict", "stability", "identity")},
        marks=marks,
    )


def _obstacles(seeds: Sequence[Comparison]) -> tuple[str, ...]:
    if len(seeds) >= FEWEST_SEEDS:
        return ()
    return (f"{count(len(seeds), 'seed')} can't decide: a verdict needs {FEWEST_SEEDS} at least.",)


def _over_seeds(seeds: Sequence[Comparison], pair: str) -> Measure:
    values = [c.comparisons[pair][PRIMARY].value for c in seeds]
    return over_units(said_of(PRIMARY, seeds[0].metrics), values)


def _pairs(seeds: Sequence[Comparison]) -> list[str]:
    """Return the pairs of the dense model with reference arms, those that train first."""
    judged = ("dense|pruned", "dense|redrawn_background", "dense|shrunk")
    pairs = [p for p in seeds[0].comparisons if p.startswith("dense|") and p not in judged]
    kept = [p for p in pairs if all(PRIMARY in c.comparisons.get(p, {}) for c in seeds)]
    return sorted(kept, key=lambda pair: pair.partition("|")[2] not in BETWEEN)


def procedure_clarity(seeds: Sequence[Comparison], settings: ExplainSettings) -> Verdict:
    """Answer *clearer?* for the procedure."""
    conditions = []
    for score, name in SCORES.items():
        if name in seeds[0].clarity.evidence:
            loss = _measure(seeds, "clarity", name, "identity")
            margin = LOSS_MARGIN if score == "log_loss" else settings.accuracy_margin
            conditions.append(not_broken(loss, margin, score=score))
    if "naopc_drop" in seeds[0].clarity.evidence:
        loss = _measure(seeds, "clarity", "naopc_drop", "identity")
        conditions.append(faithful(loss, settings.faithfulness_margin))
    return clearer(
        _measure(seeds, "clarity", "effective_features_ratio", "log"),
        _measure(seeds, "clarity", "effective_features_dense", "log"),
        _measure(seeds, "clarity", "effective_features_other", "log"),
        conditions,
        margin=settings.clarity_margin,
        scope="procedure",
        name="pruned",
        beside=_beside(seeds),
    )


def _beside(seeds: Sequence[Comparison]) -> list[str]:
    """Say how many connections are left, mean over seeds."""
    before, after = (
        [c.models[name].live_connections for c in seeds] for name in ("dense", "pruned")
    )
    if any(count is None for count in (*before, *after)):
        return []
    ours, theirs = (round(sum(filter(None, counts)) / len(seeds)) for counts in (before, after))
    return [f"{theirs:,} live connections instead of {ours:,}"]


def on_scale(seeds: Sequence[Comparison]) -> Measure:
    """Place the pruned model between placebo (0) and retrained (1), by moved weight."""
    places = []
    for comparison in seeds:
        values = [
            comparison.comparisons.get(f"dense|{arm}", {}).get(PRIMARY)
            for arm in ("pruned", *BETWEEN)
        ]
        known = [m.value for m in values if m is not None and m.value is not None]
        if len(known) < 3 or known[1] == known[2]:
            places.append(math.nan)
        else:
            places.append((known[0] - known[1]) / (known[2] - known[1]))
    return t_mean(places)
