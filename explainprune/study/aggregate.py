"""From the figures of single seeds to those of the procedure: seeds are the unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explainprune.analysis.intervals import over_units
from explainprune.types import Comparison, Level, Measure, Metric, ModelRow, said_of
from explainprune.types.comparison import SCORES

COUNTS = ("params", "nonzero", "flops", "units", "live_inputs", "live_connections")


def comparisons_over_seeds(seeds: Sequence[Comparison]) -> dict[str, dict[str, Measure]]:
    """Average every metric of every pair that all seeds have."""
    return _tables([comparison.comparisons for comparison in seeds], seeds[0].metrics)


def slices_over_seeds(seeds: Sequence[Comparison]) -> dict[str, dict[str, dict[str, Measure]]]:
    """Average the figures within classes, groups and outcomes."""
    pairs = [pair for pair in seeds[0].slices if all(pair in c.slices for c in seeds)]
    return {pair: _tables([c.slices[pair] for c in seeds], seeds[0].metrics) for pair in pairs}


def _tables(
    tables: Sequence[dict[str, dict[str, Measure]]], said: Mapping[str, Metric]
) -> dict[str, dict[str, Measure]]:
    found: dict[str, dict[str, Measure]] = {}
    for row in tables[0]:
        if not all(row in table for table in tables):
            continue
        shared = [name for name in tables[0][row] if all(name in t[row] for t in tables)]
        found[row] = {
            name: over_units(said_of(name, said), [table[row][name].value for table in tables])
            for name in shared
        }
    return found


def models_over_seeds(seeds: Sequence[Comparison]) -> dict[str, ModelRow]:
    """Average scores with intervals; sizes are averaged and rounded."""
    names = [name for name in seeds[0].models if all(name in c.models for c in seeds)]
    said = seeds[0].metrics
    return {name: _model([c.models[name] for c in seeds], said) for name in names}


def _model(rows: Sequence[ModelRow], said: Mapping[str, Metric]) -> ModelRow:
    first = rows[0]
    scores: dict[str, Any] = {}
    intervals = {}
    for name in SCORES:
        values = [getattr(row, name) for row in rows]
        if any(value is None for value in values):
            continue
        measure = over_units(said_of(name, said), values)
        scores[name] = measure.value
        if measure.interval is not None:
            intervals[name] = measure.interval
    sizes: dict[str, Any] = {}
    for name in (*COUNTS, "exact_cost"):
        values = [getattr(row, name) for row in rows]
        if all(value is not None for value in values):
            mean = sum(values) / len(values)
            sizes[name] = round(mean) if name in COUNTS else mean
    slices = _tables([row.slices for row in rows], said) if first.slices else {}
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


def levels_over_seeds(
    results: Sequence[dict[str, Any]], said: Mapping[str, Metric]
) -> tuple[Level, ...]:
    """Average the sweep's rows that all seeds have."""
    swept: dict[Any, list[Any]] = {}
    for row in (row for result in results for row in result["levels"]):
        swept.setdefault((row["arm"], row["sparsity"]), []).append(row)
    levels = []
    for rows in (rows for rows in swept.values() if len(rows) == len(results)):
        names = [n for n in rows[0]["measures"] if all(n in row["measures"] for row in rows)]
        levels.append(
            Level(
                arm=rows[0]["arm"],
                sparsity=rows[0]["sparsity"],
                achieved=sum(row["achieved"] for row in rows) / len(rows),
                measures={
                    name: over_units(
                        said_of(name.removeprefix("validation_"), said),
                        [row["measures"][name] for row in rows],
                    )
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
