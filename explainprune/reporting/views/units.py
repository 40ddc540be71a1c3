"""Which neurons mattered before and after."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.track import Bar, bars, track
from explainprune.types import UnitRow

MOST = 20


@dataclass(frozen=True)
class UnitBar:
    """One neuron with its two bars."""

    row: UnitRow
    bars: Markup


@dataclass(frozen=True)
class UnitScores:
    """The section's content: rows (best first within each layer), of how many, by what."""

    rows: tuple[UnitBar, ...]
    total: int
    kept: int
    criterion: str


def units(subject: Subject) -> UnitScores:
    """Order neurons by layer and rank; keep the leading ones of each layer where there are many."""
    detail = subject.pair.detail
    layers: dict[str, list[UnitRow]] = {}
    for unit in detail.units:
        layers.setdefault(unit.layer, []).append(unit)
    each = max(1, MOST // max(1, len(layers)))
    rows = [row for layer in layers.values() for row in _drawn(sorted(layer, key=_order)[:each])]
    kept = sum(unit.kept for unit in detail.units)
    return UnitScores(tuple(rows[:MOST]), len(detail.units), kept, detail.criterion)


def _order(unit: UnitRow) -> tuple[float, float]:
    missing = float("inf")
    before = missing if unit.rank_before is None else unit.rank_before
    after = missing if unit.rank_after is None else unit.rank_after
    return before, after


def _drawn(layer: list[UnitRow]) -> list[UnitBar]:
    """Draw each score as a share of the largest that its model has in the layer."""
    before, after = (
        max((abs(getattr(unit, part) or 0.0) for unit in layer), default=0.0) or 1.0
        for part in ("before", "after")
    )
    shares = [((unit.before or 0.0) / before, (unit.after or 0.0) / after) for unit in layer]
    axis = Axis(min(0.0, *(min(pair) for pair in shares)), 1.0, ())
    return [
        UnitBar(unit, track(axis, *bars(axis, Bar(a, "dense"), Bar(b, "other"), thick=5)))
        for unit, (a, b) in zip(layer, shares, strict=True)
    ]
