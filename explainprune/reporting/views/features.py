"""Which features mattered before and after: the leading ones as bars, images as heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from explainprune.reporting.formatting import number
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import axis_for
from explainprune.reporting.svg.heat import LARGEST, legend
from explainprune.reporting.svg.track import Bar, bars, ruler, track
from explainprune.reporting.views.maps import caption, drawn, laid
from explainprune.types import Array, Detail, FeatureRow, Measure

MOST = 20


@dataclass(frozen=True)
class FeatureBar:
    """One feature, its two bars, and both shares as figures."""

    row: FeatureRow
    bars: Markup
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True)
class HeatPair:
    """Mean |attribution| of every pixel in both models, and what the strongest colour means."""

    dense: Markup
    other: Markup
    largest: float
    dense_legend: Markup
    other_legend: Markup
    said: str


@dataclass(frozen=True)
class Features:
    """The section's content: bars (with their ruler), of how many, and heat maps for images."""

    rows: tuple[FeatureBar, ...]
    ruler: Markup
    total: int
    heat: HeatPair | None


def features(subject: Subject) -> Features:
    """Draw the features that lead in either model."""
    first = leading(subject)
    reach = [v for r in first for v in (r.dense, r.other, *r.dense_interval, *r.other_interval)]
    axis = axis_for(reach, kind="share", include=(0.0,), most=4)
    rows = tuple(
        FeatureBar(row, track(axis, *bars(axis, *_bars(row))), _measures(row)) for row in first
    )
    return Features(rows, ruler(axis), len(subject.pair.detail.features), _heat(subject))


def leading(subject: Subject) -> list[FeatureRow]:
    """Return the features that lead in either model, largest share first."""
    rows = subject.pair.detail.features
    return sorted(rows, key=lambda row: -max(row.dense, row.other))[:MOST]


def _measures(row: FeatureRow) -> tuple[Measure, Measure]:
    return Measure(row.dense, row.dense_interval), Measure(row.other, row.other_interval)


def _bars(row: FeatureRow) -> tuple[Bar, Bar]:
    return (
        Bar(row.dense, "dense", row.dense_interval),
        Bar(row.other, "other", row.other_interval),
    )


def as_image(detail: Detail, values: Sequence[float]) -> Array | None:
    """Lay one number for each listed feature out as rows lie; None of tables and texts.

    Features come in any order: their names say where each lies.
    """
    rows = detail.features
    order = {name: place for place, name in enumerate(detail.feature_names)}
    given = np.array(values, dtype=np.float64)
    if len(order) == len(rows) and all(row.name in order for row in rows):
        given = given[np.argsort([order[row.name] for row in rows])]
    return laid(detail, given)


def _heat(subject: Subject) -> HeatPair | None:
    detail = subject.pair.detail
    dense = as_image(detail, [row.dense for row in detail.features])
    other = as_image(detail, [row.other for row in detail.features])
    if dense is None or other is None:
        return None
    largest = max(float(dense.max()), float(other.max()))
    told = f"strongest colour {number(largest, 'share')} of all attribution"
    return HeatPair(
        drawn(detail, dense, largest, label=f"Dense model, {told}", kind="dense"),
        drawn(detail, other, largest, label=f"Other model, {told}", kind="other"),
        largest,
        legend("dense"),
        legend("other"),
        laid_out(detail),
    )


def laid_out(detail: Detail) -> str:
    """Say what a cell of a map stands for."""
    if detail.image_shape is None:
        return caption(detail, signal=False).rstrip(".").lower()
    height, width, *channels = detail.image_shape or (0, 0)
    said = [f"{height} × {width} pixels"]
    said += ["each player's value in equal parts on its pixels"] if detail.owners else []
    said += ["channels added up"] if channels and channels[0] > 1 else []
    size = -(-max(height, width) // LARGEST)
    said += [f"averaged over blocks of {size} × {size}"] if size > 1 else []
    return ", ".join(said)
