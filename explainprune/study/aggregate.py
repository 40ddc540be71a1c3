"""From the figures of single seeds to those of the procedure: seeds are the unit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from explainprune.analysis.intervals import t_mean
from explainprune.types import Comparison, Level, Measure, ModelRow

SHARES = {
    "signed_top_k", "feature_agreement", "sign_agreement", "rank_agreement", "jaccard", "accuracy",
    "signed_rank_agreement", "pairwise_rank_agreement", "churn", "churn_where_right", "auc",
    "agreement",
}  # fmt: skip
CORRELATIONS = {"signed_rank_correlation", "rank_correlation", "cosine"}
SCORES = ("accuracy", "r2", "auc", "log_loss")
COUNTS = ("params", "nonzero", "flops", "units", "live_inputs", "live_connections")


def over_seeds(name: str, values: Iterable[float | None]) -> Measure:
    """Return the mean over seeds, its t interval on the scale that fits the figure.

    Seeds whose share is the same to the last row say nothing of how much seeds differ: no interval
    then, unless the share is 0 or 1, where nothing is left to differ.
    """
    known = [math.nan if value is None else value for value in values]
    finite = [value for value in known if math.isfinite(value)]
    transform = "identity"
    if name in SHARES and all(0 <= value <= 1 for value in finite):
        transform = "logit"
    elif name in CORRELATIONS and all(-1 <= value <= 1 for value in finite):
        transform = "fisher"
    found = t_mean(known, transform=transform)
    if (
        name in SHARES
        and found.interval == (found.value, found.value)
        and found.value not in (0, 1)
    ):
        reason = f"all {found.n} seeds gave the same, which doesn't tell how much seeds differ"
        return replace(found, interval=None, note=reason)
    return found


def comparisons_over_seeds(
    seeds: Sequence[Comparison],
) -> dict[str, dict[str, Measure]]:
    """Average every metric of every pair that all seeds have."""
    return _tables([comparison.comparisons for comparison in seeds])


def slices_over_seeds(
    seeds: Sequence[Comparison],
) -> dict[str, dict[str, dict[str, Measure]]]:
    """Average the figures within classes, groups and outcomes."""
    pairs = [pair for pair in seeds[0].slices if all(pair in c.slices for c in seeds)]
    return {pair: _tables([c.slices[pair] for c in seeds]) for pair in pairs}


def _tables(tables: Sequence[dict[str, dict[str, Measure]]]) -> dict[str, dict[str, Measure]]:
    found: dict[str, dict[str, Measure]] = {}
    for row in tables[0]:
        if not all(row in table for table in tables):
            continue
        shared = [name for name in tables[0][row] if all(name in t[row] for t in tables)]
        found[row] = {
            name: over_seeds(name, [table[row][name].value for table in tables]) for name in shared
        }
    return found


def models_over_seeds(seeds: Sequence[Comparison]) -> dict[str, ModelRow]:
    """Average scores with intervals; sizes are averaged and rounded."""
    names = [name for name in seeds[0].models if all(name in c.models for c in seeds)]
    return {name: _model([c.models[name] for c in seeds]) for name in names}


def _model(rows: Sequence[ModelRow]) -> ModelRow:
    first = rows[0]
    scores: dict[str, Any] = {}
    intervals = {}
    for name in SCORES:
        values = [getattr(row, name) for row in rows]
        if any(value is None for value in values):
            continue
        measure = over_seeds(name, values)
        scores[name] = measure.value
        if measure.interval is not None:
            intervals[name] = measure.interval
    sizes: dict[str, Any] = {}
    for name in (*COUNTS, "exact_cost"):
        values = [getattr(row, name) for row in rows]
        if all(value is not None for value in values):
            mean = sum(values) / len(values)
            sizes[name] = round(mean) if name in COUNTS else mean
    slices = _tables([row.slices for row in rows]) if first.slices else {}
    note = first.note
    if any(getattr(row, name) != getattr(first, name) for row in rows for name in COUNTS):
        note = " ".join(filter(None, [note, "Sizes are means over seeds."]))
    return ModelRow(
        arm=first.arm,
        **scores,
        **sizes,
        intervals=intervals,
        n=len(rows),
        unit="seeds",
        slices=slices,
        note=note,
    )


def levels_over_seeds(results: Sequence[dict[str, Any]]) -> tuple[Level, ...]:
    """Average the sweep's rows."""
    levels = []
    for rows in zip(*(result["levels"] for result in results), strict=True):
        names = [n for n in rows[0]["measures"] if all(n in row["measures"] for row in rows)]
        levels.append(
            Level(
                arm=rows[0]["arm"],
                sparsity=rows[0]["sparsity"],
                achieved=sum(row["achieved"] for row in rows) / len(rows),
                measures={
                    name: over_seeds(name, [row["measures"][name] for row in rows])
                    for name in names
                },
            )
        )
    return tuple(levels)


def per_seed(
    results: Sequence[dict[str, Any]], seeds: Sequence[Comparison]
) -> list[dict[str, Any]]:
    """Lay each seed's own figures side by side, as plain numbers."""
    return [
        {
            "seed": result["seed"],
            "verdict": comparison.verdict.label,
            "clarity": comparison.clarity.label,
            **{
                pair: {name: measure.value for name, measure in metrics.items()}
                for pair, metrics in comparison.comparisons.items()
            },
        }
        for result, comparison in zip(results, seeds, strict=True)
    ]
