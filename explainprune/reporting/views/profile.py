"""What one model rests on: its features, rows, neurons and scores, without another beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from explainprune.reporting import wording
from explainprune.reporting.formatting import bare, begin, name, number
from explainprune.reporting.svg.axis import Axis, axis_for
from explainprune.reporting.svg.track import Bar, bars, ruler, track
from explainprune.reporting.svg.wires import largest_weight
from explainprune.reporting.views.drawings import FilterPanel, Panel, filter_panels, panels
from explainprune.reporting.views.maps import caption, drawn, laid, shown_input
from explainprune.reporting.views.performance import measure_of
from explainprune.reporting.views.scales import Scale, ScaleRow, scale
from explainprune.reporting.views.tokens import Line, token_lines
from explainprune.types import (
    Array,
    Detail,
    Drawing,
    FeatureRow,
    Measure,
    ModelRow,
    Profile,
    Sample,
)
from explainprune.types.comparison import SCORES

MOST, MOST_BARS, MOST_UNITS = 20, 8, 60
MARKS = {
    "explainer_again": wording.Term("The explainer again", meaning="other draws of its own"),
    "redrawn_background": wording.Term("Other background rows"),
}


@dataclass(frozen=True)
class BarRow:
    """One line of a figure that is a table: what it is, its bar, and its figure in words."""

    label: str
    said: str
    bars: Markup
    figure: str


@dataclass(frozen=True)
class Bars:
    """Bars under one ruler, of how many in all; and, where rows lie so, a map of all of them."""

    rows: tuple[BarRow, ...]
    ruler: Markup
    total: int
    map: Markup | None = None
    caption: str = ""


@dataclass(frozen=True)
class Row:
    """One row: the input, what speaks for the answer and against it."""

    sample: Sample
    input: Markup
    map: Markup
    caption: str
    lines: tuple[Line, ...]
    bars: Bars | None
    largest: str


@dataclass(frozen=True)
class Drawn:
    """The network, what is said of it, and its filters."""

    sentence: str
    panel: Panel
    largest: float
    filters: tuple[FilterPanel, ...]


def trust(profile: Profile) -> Scale | None:
    """Draw how far an explanation moves, by what moves it."""
    lines = [
        ScaleRow(known.label, (("dense" if key in MARKS else "mark", mark),), known.meaning)
        for key, mark in profile.marks.items()
        for known in [MARKS.get(key) or wording.arm(key)]
    ]
    if not lines:
        return None
    return scale("Moved weight", lines, kind="share", include=(0.0,))


def quality(profile: Profile) -> list[tuple[str, str]]:
    """List how short and how faithful explanations are, as words."""
    own = profile.models[profile.name].slices.get("all rows", {})
    kept = {
        key: m for key, m in own.items() if key not in SCORES and m.value is not None
    }  # what a model scores stands in its own table
    return [(wording.term(key, profile.metrics).label, _said(profile, key)) for key in kept]


def _said(profile: Profile, key: str) -> str:
    known = wording.term(key, profile.metrics)
    return written(profile.models[profile.name].slices["all rows"][key], known.kind)


def written(measure: Measure | None, kind: str) -> str:
    """Write a figure with its interval, or why it has none."""
    if measure is None or measure.value is None:
        return "–"
    text = number(measure.value, kind)
    if measure.interval is None:
        return f"{text} (no interval: {name(measure.note)})"
    low, high = (bare(end, kind) for end in measure.interval)
    return f"{text} ({low}{'–' if measure.interval[0] >= 0 else ' to '}{high})"


def scores(profile: Profile) -> list[tuple[str, str]]:
    """List how well the model does, as words."""
    row = profile.models[profile.name]
    present = [score for score in SCORES if getattr(row, score) is not None]
    terms = {score: wording.term(score, profile.metrics) for score in present}
    return [(terms[s].label, written(measure_of(row, s), terms[s].kind)) for s in present]


def within(profile: Profile) -> Scale | None:
    """Draw the leading score within each class and group."""
    row = profile.models[profile.name]
    score = next((s for s in SCORES if any(s in part for part in row.slices.values())), "")
    lines = [
        ScaleRow(name(label), (("dense", part[score]),))
        for label, part in row.slices.items()
        if score in part and label != "all rows"
    ]
    known = wording.term(score, profile.metrics)
    return scale(known.label, lines, kind=known.kind) if lines else None


def sizes(profile: Profile) -> list[tuple[str, str]]:
    """List how large the model is, and what of it is alive."""
    row: ModelRow = profile.models[profile.name]
    keys = ("params", "nonzero", "flops", "units", "live_inputs", "live_connections", "exact_cost")
    known = {key: getattr(row, key) for key in keys}
    return [
        (wording.term(key, {}).label, number(value, "count"))
        for key, value in known.items()
        if value is not None
    ]


def features(profile: Profile) -> Bars:
    """Draw the features that lead, and all of them where rows are an image or a series."""
    detail = profile.detail
    first = sorted(detail.features, key=lambda row: -row.dense)[:MOST]
    reach = [v for row in first for v in (row.dense, *row.dense_interval)]
    axis = axis_for(reach, kind="share", include=(0.0,), most=4)
    rows = tuple(
        BarRow(
            row.name,
            "",
            track(axis, *bars(axis, Bar(row.dense, "dense", row.dense_interval))),
            _share(row),
        )
        for row in first
    )
    order = {feature: place for place, feature in enumerate(detail.feature_names)}
    listed = sorted(detail.features, key=lambda row: order.get(row.name, 0))
    image = laid(detail, [row.dense for row in listed])
    if image is None:
        return Bars(rows, ruler(axis), len(detail.features))
    largest = float(image.max())
    label = f"All features, strongest colour {number(largest, 'share')} of all attribution"
    drawn_map = drawn(detail, image, largest, label=label, kind="dense")
    said = f"{label}. {caption(detail, signal=False)}".strip()
    return Bars(rows, ruler(axis), len(detail.features), drawn_map, said)


def _share(row: FeatureRow) -> str:
    low, high = (bare(end, "share") for end in row.dense_interval)
    return f"{number(row.dense, 'share')} ({low}–{high})"


def rows(profile: Profile) -> tuple[Row, ...]:
    """Draw the rows that were chosen, as they lie."""
    return tuple(_row(profile.detail, sample, profile.name) for sample in profile.detail.samples)


def _row(detail: Detail, sample: Sample, model: str) -> Row:
    values = laid(detail, sample.dense)
    if values is not None:
        return _as_map(detail, sample, values)
    largest = float(np.abs(sample.dense).max(initial=0.0)) or 1.0
    lines: tuple[Line, ...] = ()
    if detail.tokens:
        lines = token_lines(sample, [(name(model), "dense", sample.dense)], largest)
    drawn_bars = None if lines else _bars(detail, sample, largest)
    return Row(sample, Markup(""), Markup(""), "", lines, drawn_bars, number(largest))


def _as_map(detail: Detail, sample: Sample, values: Array) -> Row:
    largest = float(np.abs(values).max()) or 1.0
    whole, image = sample.whole or sample.x, detail.image_shape is not None
    known = len(whole) == np.prod(detail.image_shape or detail.series_shape or ())
    signal = np.reshape(whole, values.shape) if known and not image else None
    label = f"Row {sample.row}: attributions"
    shown = shown_input(detail, whole, f"Row {sample.row}: input") if known and image else Markup()
    drawn_map = drawn(detail, values, largest, label=label, signal=signal)
    said = caption(detail, signal=signal is not None)
    return Row(sample, shown, drawn_map, said, (), None, number(largest))


def _bars(detail: Detail, sample: Sample, largest: float) -> Bars:
    axis = Axis(-largest, largest, (-largest, 0.0, largest))
    names, count = detail.feature_names, len(sample.dense)
    order = np.argsort(-np.abs(sample.dense), kind="stable")[:MOST_BARS]
    lines = tuple(
        BarRow(
            names[i] if len(names) == count else f"x{i}",
            sample.said[i]
            if len(sample.said) == count
            else number(sample.x[i])
            if len(sample.x) == count
            else "",
            track(axis, *bars(axis, Bar(sample.dense[i], "dense"))),
            number(sample.dense[i]),
        )
        for i in order
    )
    return Bars(lines, ruler(axis), count)


def units(profile: Profile) -> Bars:
    """Draw the neurons that score highest, as shares of the layer's largest score."""
    known = [unit for unit in profile.detail.units if unit.before is not None]
    tops: dict[str, float] = {}
    for unit in known:
        tops[unit.layer] = max(tops.get(unit.layer, 0.0), abs(unit.before or 0.0))
    axis = Axis(0.0, 1.0, ())
    each = max(1, MOST_UNITS // max(1, len(tops)))
    lines = []
    for layer, top in tops.items():
        own = [unit for unit in known if unit.layer == layer]
        for unit in sorted(own, key=lambda unit: unit.rank_before or np.inf)[:each]:
            share = abs(unit.before or 0.0) / (top or 1.0)
            drawn_bar = track(axis, *bars(axis, Bar(share, "dense"), thick=6))
            lines.append(BarRow(f"{layer}, unit {unit.unit}", "", drawn_bar, number(unit.before)))
    return Bars(tuple(lines), Markup(""), len(known))


def drawing(profile: Profile) -> Drawn | None:
    """Draw the network; None where it has no layer graph."""
    found = profile.detail.drawings.get(profile.name)
    if found is None or not found.layers:
        return None
    (panel,) = panels([name(profile.name)], [found])
    return Drawn(_wired(profile, found), panel, largest_weight(found), filter_panels([found]))


def _wired(profile: Profile, found: Drawing) -> str:
    """Say how many connections there are, and how many units have any."""
    total = number(sum(part.total for part in found.edges), "count")
    row = profile.models[profile.name]
    live = (
        "" if row.units is None else f" between its inputs and {number(row.units, 'count')} units"
    )
    return f"{begin(name(profile.name))} has {total} connections{live}."
