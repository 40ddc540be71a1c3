"""The network before and after, on one scale of widths, and what changed between them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from explainprune.reporting.formatting import begin, listed, name, number, percent
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.element import coordinate
from explainprune.reporting.svg.filters import filters, strongest
from explainprune.reporting.svg.heat import legend
from explainprune.reporting.svg.network import layout, network
from explainprune.reporting.svg.wires import (
    Wired,
    difference,
    drawable,
    largest_weight,
    wired,
)
from explainprune.types import Drawing, DrawnFilters, DrawnLayer, Rewired

MOST_BETWEEN = 6
"""Pairs of layers in the table of what changed."""


@dataclass(frozen=True)
class Panel:
    """One network: its drawing, what is said of it, and what pointing at a unit looks up."""

    title: str
    role: str
    svg: Markup
    said: str
    note: str
    data: str


@dataclass(frozen=True)
class FilterPanel:
    """The filters of one convolution, of all models below each other."""

    svg: Markup
    said: str


@dataclass(frozen=True)
class Networks:
    """The section's content.

    Attributes
    ----------
    sentence : str
    panels : tuple of Panel
    changed : Markup or None
        The connections that changed most, drawn; None where layers can't be joined.
    lines : int
        How many of them.
    between : tuple of Rewired
        What became of all connections, by layers; then how many pairs of layers there are.
    largest : float
        |weight| of the widest lines.
    filters : tuple of FilterPanel
    legend : Markup
        Their colours.
    """

    sentence: str
    panels: tuple[Panel, ...]
    changed: Markup | None
    lines: int
    between: tuple[Rewired, ...]
    all_between: int
    largest: float
    filters: tuple[FilterPanel, ...]
    legend: Markup


def drawings_of(subject: Subject) -> tuple[Drawing, Drawing] | None:
    """Return the drawings of the dense and the other model, if there are both."""
    drawings = subject.pair.detail.drawings
    if len(drawings) < 2:
        return None
    names = list(subject.pair.models)[:2]
    keys = names if all(key in drawings for key in names) else list(drawings)[:2]
    return drawings[keys[0]], drawings[keys[1]]


def networks(subject: Subject) -> Networks | None:
    """Draw both networks; their widths mean the same."""
    both = drawings_of(subject)
    if both is None or not all(drawing.layers for drawing in both):
        return None
    keys = (subject.dense, subject.other)
    titles = [subject.arm_term(key).label for key in keys]
    changed = difference(*both)
    label = f"The {len(changed.lines) if changed else 0} connections that changed most"
    rewired = subject.pair.detail.rewired
    return Networks(
        sentence=_sentence(
            rewired, both, [subject.called(key) for key in keys], changed is not None
        ),
        panels=panels(titles, both),
        changed=network(changed, label=label, role="other") if changed else None,
        lines=len(changed.lines) if changed else 0,
        between=tuple(sorted(rewired, key=lambda each: -each.removed)[:MOST_BETWEEN]),
        all_between=len(rewired),
        largest=largest_weight(*both),
        filters=filter_panels(both),
        legend=legend(),
    )


def panels(titles: Sequence[str], drawings: Sequence[Drawing]) -> tuple[Panel, ...]:
    """Draw networks side by side."""
    largest, roles = largest_weight(*drawings), ("dense", "other")
    shown, carried = wired(*drawings), drawable(*drawings)
    return tuple(
        _panel(title, role, each, _data(thinned, largest))
        for (title, role, each, thinned) in zip(titles, roles, shown, carried, strict=False)
    )


def _panel(title: str, role: str, shown: Wired, data: str) -> Panel:
    drawing = shown.drawing
    total = sum(edges.total for edges in drawing.edges)
    lines = number(len(shown.lines), "count")
    said = f"{lines} of {number(total, 'count')} connections drawn as lines"
    if shown.bundles:
        said += ", the strongest; bundles stand for all"
    ends = (name(drawing.layers[at].name) for at in (0, -1))
    label = f"{title}: {len(drawing.layers)} layers from {' to '.join(ends)}; {said}"
    svg = network(shown, label=label, role=role)
    return Panel(title, role, svg, said, drawing.note, data)


def _data(drawing: Drawing, largest: float) -> str:
    """Write what pointing at a unit looks up: where units lie, and all connections between them."""
    plan = layout(drawing)
    layers = [
        {
            "name": name(layer.name),
            "x": coordinate(plan.x[at], 1),
            "units": [
                [coordinate(y, 1), layer.shown[unit], *told(layer, unit)]
                for unit, y in enumerate(plan.y[at])
            ],
        }
        for at, layer in enumerate(drawing.layers)
    ]
    edges = [
        [e.start, e.end, int(e.complete), e.source, e.target, [float(f"{w:.3g}") for w in e.weight]]
        for e in drawing.edges
    ]
    found = {"largest": largest, "layers": layers, "edges": edges}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def told(layer: DrawnLayer, unit: int) -> tuple[str, str]:
    """Say what a unit is called, and what is known of it, for whoever points at it."""
    label = layer.labels[unit].replace("\n", ", ") if layer.labels else ""
    called = name(label) if label else f"unit {layer.shown[unit]}"
    if not layer.alive[unit]:
        return called, "not connected"
    if not layer.size:
        return called, "not scored"
    return called, f"score {number(layer.size[unit], 'share')} of the largest in its layer"


def _sentence(
    rewired: Sequence[Rewired],
    both: tuple[Drawing, Drawing],
    called: Sequence[str],
    joined: bool,
) -> str:
    """Say how many connections are left, and what became of those."""
    before, after = (sum(edges.total for edges in drawing.edges) for drawing in both)
    count = f"{number(after, 'count')} of {number(before, 'count')} connections"
    if not rewired:
        unlike = "" if joined else "; their layers differ, so that none is matched with another"
        counts = [number(total, "count") for total in (before, after)]
        said = f"{called[0]} has {counts[0]} connections, {called[1]} {counts[1]}{unlike}."
        return begin(said)
    kept = sum(each.before - each.removed for each in rewired)
    if not kept:
        return f"{begin(called[1])} keeps none of {number(before, 'count')} connections."
    most = max(rewired, key=lambda each: each.removed)
    removed = sum(each.removed for each in rewired)
    parts = [
        f"{begin(called[1])} has {count} of {called[0]}.",
        _kept(rewired, kept),
    ]
    if removed and len(rewired) > 1:
        share = most.removed / removed
        much = "Most" if share > 0.5 else "The largest part"
        much = f"{much} of what is gone, {percent(share)}," if share < 1 else "All that is gone"
        parts.append(f"{much} led from {name(most.start)} to {name(most.end)}.")
    return " ".join(parts)


def _kept(rewired: Sequence[Rewired], kept: int) -> str:
    """Say what became of the connections that both models have."""
    words = {
        "turned": "changed their sign",
        "weaker": "are less than half as strong as before",
        "stronger": "are more than twice as strong",
    }
    changed = {key: sum(getattr(each, key) for each in rewired) for key in words}
    said = [f"{percent(changed[key] / kept)} {told}" for key, told in words.items() if changed[key]]
    if not said:
        return "Those that it keeps have the same sign and, within a factor of two, strength."
    return f"Of those that it keeps, {listed(said)}."


def filter_panels(drawings: Sequence[Drawing]) -> tuple[FilterPanel, ...]:
    """Draw each convolution's filters, before above after."""
    every = [each for drawing in drawings for each in drawing.filters]
    layers = dict.fromkeys(each.layer for each in every)
    return tuple(_filters([each for each in every if each.layer == layer]) for layer in layers)


def _filters(models: Sequence[DrawnFilters]) -> FilterPanel:
    first = models[0]
    shown, most = len(set(first.unit)), max(map(first.unit.count, first.unit))
    inputs = number(first.inputs, "count")
    reads = f"with {most} of its {inputs} inputs" if first.inputs > 1 else "with its only input"
    if most == 1 < first.inputs:  # a depthwise step
        reads = "of one input alone"
    said = f"{name(first.layer)}: {shown} of {number(first.filters, 'count')} filters, each "
    said += f"{reads}; strongest colour ± {number(strongest(models))}"
    gone = sum(not image for image in models[-1].values)
    if gone:
        said += f"; {gone} of {len(first.values)} images are gone"
    return FilterPanel(filters(models, label=said), said)
