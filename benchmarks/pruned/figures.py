"""The figures of the page on pruning, from docs/pruning/*.csv."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from explainprune.reporting.plot import COLOURS, new_figure
from pruned.tables import (
    ALWAYS,
    JUDGED_AT,
    LINES,
    NETWORKS,
    STAGES,
    criteria_lines,
    half_width,
    ranked,
    tickets_lines,
)

LEVELS = ("weight", "unit")


def criteria_figure() -> Any:
    """Draw each criterion's accuracy at one sparsity, cut and tuned, the best at the top."""
    found = criteria_lines()
    tall = {key: lines.criterion.nunique() for key, lines in found.items()}
    most = [max((n for key, n in tall.items() if key[1] == level), default=1) for level in LEVELS]
    figure = new_figure(8.4, 0.13 * sum(most) + 2.2)
    grid = figure.subplots(2, 2, height_ratios=most, squeeze=False).ravel(order="F")
    for axes, key in zip(grid, NETWORKS, strict=True):
        if key not in found:
            axes.set_axis_off()
            continue
        lines = found[key]
        sparsity = JUDGED_AT[key[1]]
        names = ranked(lines, "tuned", sparsity)[::-1]
        part = lines[lines.sparsity == sparsity]
        axes.axvline(part.dense.mean() * 100, color=COLOURS["muted"], linewidth=0.8, linestyle=":")
        for stage, colour, shape in (("cut", "mark", "o"), ("tuned", "dense", "D")):
            each = [100 * part[part.criterion == name][stage] for name in names]
            axes.errorbar(
                [v.mean() for v in each], range(len(names)),
                xerr=np.nan_to_num([half_width(v) for v in each]), fmt=shape, markersize=3.5,
                color=COLOURS[colour], capsize=1.5, linewidth=0.8, label=STAGES[stage],
            )  # fmt: skip
        axes.set_yticks(range(len(names)), names, fontsize=6.5)
        for label in axes.get_yticklabels():
            label.set_fontweight("bold" if label.get_text() in ALWAYS else "normal")
        axes.set_xlim(0, 101)
        axes.grid(axis="x")
        axes.set_title(NETWORKS[key])
        axes.set_xlabel(f"accuracy at {sparsity:.0%} sparsity, %")
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def tickets_figure() -> Any:
    """Draw tickets and controls over the share of weights kept."""
    lines = tickets_lines()
    figure = new_figure(6.4, 2.8)
    axes = figure.subplots()
    for name, colour, shape in (("ticket", "dense", "o"), ("control", "other", "s")):
        grouped = lines.groupby("level")[name]
        mean, half = 100 * grouped.mean(), 100 * grouped.apply(half_width)
        label = "ticket" if name == "ticket" else "same masks, weights drawn anew"
        axes.errorbar(
            100 * mean.index, mean, half, color=COLOURS[colour], marker=shape, markersize=4,
            capsize=2, linewidth=1, label=label,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks([100, 50, 20, 10, 5], ["100", "50", "20", "10", "5"])
    axes.minorticks_off()
    axes.invert_xaxis()
    axes.set_xlabel("weights kept, %")
    axes.set_ylabel("test accuracy, %")
    axes.grid(axis="y")
    axes.legend()
    return figure


def refit_figure() -> Any:
    """Draw what a refit brings back."""
    lines = pd.read_csv(LINES / "refit.csv")
    levels = sorted(lines.kept.unique(), reverse=True)
    figure = new_figure(7.6, 2.4)
    for axes, kept in zip(figure.subplots(1, len(levels)), levels, strict=True):
        part = lines[lines.kept == kept]
        names = ranked(part.assign(sparsity=kept), "refit", kept)[::-1]
        for stage, colour, shape in (("cut", "mark", "o"), ("refit", "dense", "D")):
            each = [100 * part[part.criterion == name][stage] for name in names]
            axes.errorbar(
                [v.mean() for v in each], range(len(names)), fmt=shape, markersize=4,
                xerr=np.nan_to_num([half_width(v) for v in each]), color=COLOURS[colour],
                capsize=2, linewidth=0.8, label="cut" if stage == "cut" else "refitted",
            )  # fmt: skip
        axes.axvline(100 * part.dense.mean(), color=COLOURS["muted"], linewidth=0.8, linestyle=":")
        axes.set_yticks(range(len(names)), names)
        axes.set_xlim(0, 101)
        axes.grid(axis="x")
        axes.set_title(f"{kept:.0%} of neurons kept")
        axes.set_xlabel("test accuracy, %")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


FIGURES: dict[str, Callable[[], Any]] = {
    "criteria": criteria_figure,
    "refit": refit_figure,
    "tickets": tickets_figure,
}
