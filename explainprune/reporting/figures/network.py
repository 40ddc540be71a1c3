"""The network before and after, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.reporting.figures.style import COLOURS, new_figure
from explainprune.reporting.formatting import name
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.network import bucket, drawable, largest_weight
from explainprune.reporting.views.drawings import drawings_of
from explainprune.types import Array, Drawing


def network_figure(subject: Subject) -> Any:
    """Draw both networks on one scale of widths."""
    both = drawings_of(subject)
    if both is None or not all(drawing.layers for drawing in both):
        return None
    figure = new_figure(9, 4.6)
    largest = largest_weight(*both)
    roles = (("dense", subject.dense), ("other", subject.other))
    panels = zip(figure.subplots(1, 2), drawable(*both), roles, strict=True)
    for axes, drawing, (role, key) in panels:
        drawn, total = (
            sum(counts)
            for counts in zip(*((len(e.weight), e.total) for e in drawing.edges), strict=True)
        )
        _draw(axes, drawing, largest, COLOURS[role])
        title = name(subject.arm_term(key).label, 40)
        axes.set_title(f"{title}: {drawn:,} of {total:,} edges drawn")
    return figure


def _draw(axes: Any, drawing: Drawing, largest: float, colour: str) -> None:
    heights = [np.linspace(1, 0, 2 * len(layer.shown) + 1)[1::2] for layer in drawing.layers]
    for (width, sign), segments in _buckets(drawing, heights, largest).items():
        # One line with gaps for all edges of a look: hundreds of times fewer elements.
        x, y = np.array(segments).T
        axes.plot(x, y, lw=0.3 + 0.5 * width, color=COLOURS[sign], alpha=0.25 + 0.25 * width)
    for x, (layer, y) in enumerate(zip(drawing.layers, heights, strict=True)):
        alive = np.array(layer.alive, dtype=bool)
        size = np.array(layer.size) if layer.size else np.ones(len(y))
        axes.scatter(np.full(alive.sum(), x), y[alive], 4 + 26 * size[alive], color=colour,
                     edgecolors="white", linewidths=0.4, zorder=3)  # fmt: skip
        axes.scatter(np.full((~alive).sum(), x), y[~alive], 4, facecolors="white",
                     edgecolors=COLOURS["mark"], linewidths=0.4, zorder=3)  # fmt: skip
    _label(axes, drawing)


def _buckets(
    drawing: Drawing, heights: list[Array], largest: float
) -> dict[tuple[int, str], list[tuple[float, float]]]:
    """Collect the ends of all edges by width and sign, a gap after each."""
    found: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for edges in drawing.edges:
        for source, target, weight in zip(edges.source, edges.target, edges.weight, strict=True):
            sign = "positive" if weight > 0 else "negative"
            found.setdefault((bucket(weight, largest), sign), []).extend(
                [
                    (edges.start, heights[edges.start][source]),
                    (edges.end, heights[edges.end][target]),
                    (np.nan, np.nan),
                ]
            )
    return dict(sorted(found.items()))


def _label(axes: Any, drawing: Drawing) -> None:
    labels = [f"{name(layer.name, 14)}\n{layer.units:,}" for layer in drawing.layers]
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
