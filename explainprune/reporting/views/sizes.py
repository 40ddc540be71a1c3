"""What was pruned: how large both models are, and how much of each layer is left."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting import wording
from explainprune.reporting.formatting import power_of_two
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.track import Bar, bars, track
from explainprune.reporting.views.drawings import drawings_of
from explainprune.types import Drawing, ModelRow

QUANTITIES = (
    "params", "nonzero", "flops", "units", "live_inputs", "live_connections", "exact_cost",
)  # fmt: skip
MOST_MODELS, MOST_LAYERS = 9, 20
"""Rows of both tables; all models are in the table beside the page."""
_SHARE = Axis(0.0, 1.0, (0.0, 1.0), "share")


@dataclass(frozen=True)
class SizeRow:
    """One quantity of both models; `left` is the share that the other model keeps of it."""

    term: wording.Term
    dense: float | None
    other: float | None
    left: float | None


@dataclass(frozen=True)
class LayerRow:
    """One layer: units kept (with a bar), and live connections coming in, before and after."""

    layer: str
    kept: int | None
    total: int | None
    before: int | None
    after: int | None
    bar: Markup


@dataclass(frozen=True)
class Sizes:
    """The section's content.

    Attributes
    ----------
    rows : tuple of SizeRow
    layers : tuple of LayerRow
    arms : tuple of (str, ModelRow)
        Models with a size, by label.
    all_arms, all_layers : int
        How many models and layers there are.
    features : int
        d: how many features (or players) an explanation has.
    full_cost : str
        2^d, which exact Shapley values would cost without sparsity.
    terms : tuple of (key, Term)
    notes : tuple of str
        What is to be known of the two models' sizes.
    """

    rows: tuple[SizeRow, ...]
    layers: tuple[LayerRow, ...]
    arms: tuple[tuple[str, ModelRow], ...]
    all_arms: int
    all_layers: int
    features: int
    full_cost: str
    terms: tuple[tuple[str, wording.Term], ...]
    notes: tuple[str, ...]


def sizes(subject: Subject) -> Sizes:
    """Gather the sizes of all models and the layers of the two."""
    dense, other = subject.models.values()
    rows = (_row(subject, key, getattr(dense, key), getattr(other, key)) for key in QUANTITIES)
    features = len(subject.pair.detail.feature_names)
    arms = [
        (subject.arm_term(key).label, row)
        for key, row in subject.results.models.items()
        if any(getattr(row, quantity) is not None for quantity in QUANTITIES)
    ]
    layers = _layers(subject)
    return Sizes(
        tuple(row for row in rows if row.dense is not None or row.other is not None),
        tuple(layers[:MOST_LAYERS]),
        tuple(arms[:MOST_MODELS]),
        len(arms),
        len(layers),
        features,
        power_of_two(features),
        tuple((key, subject.term(key)) for key in QUANTITIES),
        tuple(dict.fromkeys(row.note for row in (dense, other) if row.note)),
    )


def _row(subject: Subject, key: str, dense: float | None, other: float | None) -> SizeRow:
    left = other / dense if dense and other is not None else None
    return SizeRow(subject.term(key), dense, other, left)


def _layers(subject: Subject) -> list[LayerRow]:
    units = subject.pair.detail.units
    drawn = drawings_of(subject)
    before, after = (_incoming(drawing) for drawing in drawn) if drawn else ({}, {})
    names = dict.fromkeys([unit.layer for unit in units]) | dict.fromkeys(before)
    rows = []
    for layer in names:
        kept = [unit.kept for unit in units if unit.layer == layer]
        count, total = (sum(kept), len(kept)) if kept else (None, None)
        bar = bars(_SHARE, Bar(count / total, "other")) if count and total else []
        rows.append(
            LayerRow(layer, count, total, before.get(layer), after.get(layer), track(_SHARE, *bar))
        )
    return rows


def _incoming(drawing: Drawing) -> dict[str, int]:
    totals: dict[str, int] = {}
    for edges in drawing.edges:
        layer = drawing.layers[edges.end].name
        totals[layer] = totals.get(layer, 0) + edges.total
    return totals
