"""A study's sweep: every measure over sparsity, and moved weight against the score."""

from __future__ import annotations

from typing import Any

from explainprune.reporting.figures.style import COLOURS, listed, new_figure
from explainprune.reporting.formatting import name
from explainprune.reporting.subject import Subject
from explainprune.reporting.svg.axis import Axis
from explainprune.reporting.svg.lines import Series
from explainprune.reporting.views.levels import Plot, plots

_LOOKS = {
    "other": ("o", "-"),
    "dense": ("s", "-"),
    "mark0": ("^", "--"),
    "mark1": ("D", ":"),
    "mark2": ("v", "-."),
    "mark3": ("x", (0, (5, 1))),
}


def levels_figure(subject: Subject) -> Any:
    """Draw the sweep; None for a single pair or a study of one level."""
    drawn = plots(subject)
    if not drawn:
        return None
    lines = -(-len(drawn) // 3)
    figure = new_figure(8.5, 2.7 * lines + 0.4)
    grid = figure.subplots(lines, 3, squeeze=False).ravel()
    for axes, plot in zip(grid, drawn, strict=False):
        _draw(axes, plot)
    for axes in grid[len(drawn) :]:
        axes.set_axis_off()
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def _draw(axes: Any, plot: Plot) -> None:
    for one in plot.series:
        _series(axes, one)
    if plot.level is not None:
        axes.axhline(plot.level[1], color=COLOURS["ink"], lw=0.8, ls=":")
        axes.annotate(
            name(plot.level[0], 30), (1, plot.level[1]), xycoords=("axes fraction", "data"),
            xytext=(0, 2), textcoords="offset points", ha="right", fontsize=6, style="italic",
        )  # fmt: skip
    axes.set_title(plot.title)
    axes.set_xlabel(plot.x_title)
    for axis, ticks in ((plot.x, axes.set_xticks), (plot.y, axes.set_yticks)):
        ticks(axis.ticks, [axis.label(tick) for tick in axis.ticks])
    axes.set_xlim(*_padded(plot.x))
    axes.set_ylim(*_padded(plot.y))
    axes.grid(axis="y")


def _series(axes: Any, one: Series) -> None:
    marker, style = _LOOKS[one.look]
    colour = COLOURS[one.look if one.look in COLOURS else "mark"]
    x, y = [point.x for point in one.points], [point.y for point in one.points]
    label = listed(name(one.label, 40))
    axes.plot(x, y, marker=marker, ls=style, color=colour, ms=4, lw=1.4, label=label)
    for point in one.points:
        if point.y_interval is not None:
            axes.vlines(point.x, *point.y_interval, color=colour, lw=1)
        if point.x_interval is not None:
            axes.hlines(point.y, *point.x_interval, color=colour, lw=1)


def _padded(axis: Axis) -> tuple[float, float]:
    room = 0.03 * (axis.high - axis.low)
    return axis.low - room, axis.high + room
