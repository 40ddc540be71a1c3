"""Several models beside one dense model: what each comparison came to, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from explainprune.types.comparison import SCORES, Comparison, ModelRow, _Results
from explainprune.types.measure import Measure, Verdict
from explainprune.types.metric import Metric


@dataclass(frozen=True)
class Overview(_Results):
    """The verdicts, scores and sizes of several comparisons with one dense model.

    Attributes
    ----------
    dense : str
        Name of the dense model.
    models : dict of str to ModelRow
        The dense one first.
    verdicts, clarities : dict of str to Verdict
        *Same reasons?* and *clearer?* of every other model.
    moved : dict of str to Measure
        Moved weight of every other model.
    metrics : dict of str to Metric
    provenance : dict of str to JSON value
        Of all of them.
    notes : tuple of str
    """

    dense: str
    models: dict[str, ModelRow]
    verdicts: dict[str, Verdict]
    clarities: dict[str, Verdict]
    moved: dict[str, Measure]
    metrics: dict[str, Metric] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Mapping[str, Comparison]) -> Overview:
        """Gather what comparisons with one dense model came to."""
        first = next(iter(found.values()))
        dense = next(iter(first.models))
        pairs = {name: each.comparisons[f"{dense}|{name}"] for name, each in found.items()}
        return cls(
            dense=dense,
            models={
                dense: first.models[dense],
                **{name: each.models[name] for name, each in found.items()},
            },
            verdicts={name: each.verdict for name, each in found.items()},
            clarities={name: each.clarity for name, each in found.items()},
            moved={
                name: pair[first.primary] for name, pair in pairs.items() if first.primary in pair
            },
            metrics=first.metrics,
            provenance=first.provenance,
            notes=tuple(dict.fromkeys(note for each in found.values() for note in each.notes)),
        )

    @property
    def score(self) -> str | None:
        """The leading score that all models have; None where there are no labels."""
        rows = self.models.values()
        return next((s for s in SCORES if all(getattr(row, s) is not None for row in rows)), None)

    def frontier(self) -> tuple[str, ...]:
        """Name the models that no other beats in size, score and moved weight at once.

        A model is beaten by one that is no larger, scores no less and moves no more, and is better
        in one of these. Size is the parameters that aren't zero.
        """
        at = {name: self._place(name) for name in self.verdicts}
        known = {name: place for name, place in at.items() if place is not None}

        def beats(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
            return all(x <= y for x, y in zip(a, b, strict=True)) and a != b

        return tuple(
            name
            for name, place in known.items()
            if not any(beats(other, place) for other in known.values())
        )

    def _place(self, name: str) -> tuple[float, ...] | None:
        """Return size, minus the score, and moved weight: all of them are better when smaller."""
        row, moved = self.models[name], self.moved.get(name)
        size = row.params if row.nonzero is None else row.nonzero
        if size is None or moved is None or moved.value is None:
            return None
        score = getattr(row, self.score) if self.score else 0.0
        return float(size), -float(score), moved.value
