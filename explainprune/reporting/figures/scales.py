"""Dots with intervals on a common axis: the verdicts and the scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explainprune.reporting.figures.style import COLOURS, new_figure
from explainprune.reporting.formatting import name
from explainprune.reporting.subject import Subject
from explainprune.reporting.views.performance import performance
from explainprune.reporting.views.scales import Line, Scale
from explainprune.reporting.views.verdicts import cards


def reasons_figure(subject: Subject) -> Any:
    """Draw what *same reasons?* follows from, and the pair among the reference arms."""
    return _stacked(cards(subject)[0].figures)


def clarity_figure(subject: Subject) -> Any:
    """Draw what *clearer?* follows from."""
    return _stacked(cards(subject)[1].figures)


def performance_figure(subject: Subject) -> Any:
    """Draw the leading score of every arm, and of both models within slices."""
    found = performance(subject)
    return _stacked([part for part in (found.scores, found.slices) if part is not None])


def _stacked(scales: Sequence[Scale]) -> Any:
    drawn = [scale for scale in scales if scale.ruler]
    if not drawn:
        return None
    rows = [max(1, sum(len(line.measures) for line, _ in scale.rows)) for scale in drawn]
    figure = new_figure(6.5, sum(0.27 * count + 0.62 for count in rows))
    grid = figure.subplots(len(drawn), 1, squeeze=False, height_ratios=[n + 2 for n in rows])
    for axes, scale in zip(grid[:, 0], drawn, strict=True):
        draw_scale(axes, scale)
    return figure


def draw_scale(axes: Any, scale: Scale) -> None:
    """Draw one scale into `axes`, first row on top."""
    axis = scale.axis
    if scale.zone is not None:
        axes.axvspan(scale.zone.low, scale.zone.high, color=COLOURS["zone"], lw=0)
        for end in (scale.zone.low, scale.zone.high):
            if axis.low < end < axis.high:
                axes.axvline(end, color=COLOURS["ink"], lw=1)
    y, places = 0.0, []
    for line, _ in scale.rows:
        places.append(y + (max(1, len(line.measures)) - 1) / 2)
        for role, measure in line.measures:
            if measure.value is not None:
                _dot(axes, scale, line, role, measure.value, measure.interval, y)
            y += 1
        y += 0.4 + (not line.measures)
    axes.set_title(scale.title)
    if scale.zone is not None:
        axes.set_title(scale.zone.label, loc="right", fontsize=7, weight="normal", style="italic")
    axes.set_yticks(places, [name(line.label, 36) for line, _ in scale.rows])
    axes.set_xticks(axis.ticks, [axis.label(tick) for tick in axis.ticks])
    span = axis.high - axis.low
    axes.set_xlim(axis.low - 0.015 * span, axis.high + 0.015 * span)
    axes.set_ylim(y - 0.4, -1)
    axes.grid(axis="x")
    axes.tick_params(length=0)


def _dot(
    axes: Any, scale: Scale, line: Line, role: str, value: float, interval: Any, y: float
) -> None:
    colour, low, high = COLOURS[role], scale.axis.low, scale.axis.high
    if not low <= value <= high:
        axes.plot([low if value < low else high], [y], "<" if value < low else ">", color=colour)
        return
    if interval is not None:
        axes.hlines(y, *interval, color=colour, lw=3 if line.strong else 1.5)
    face = "white" if role == "mark" else colour
    axes.plot([value], [y], "o", ms=6 if line.strong else 5, mfc=face, mec=colour, zorder=3)
