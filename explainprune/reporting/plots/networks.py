"""Networks on matplotlib axes, by the page's own plan: bundles, and the strongest connections."""

from __future__ import annotations

from typing import Any

import numpy as np

from explainprune.reporting.formatting import name
from explainprune.reporting.plots.axes import axes_of
from explainprune.reporting.plots.pairs import needed
from explainprune.reporting.subject import subject_of
from explainprune.reporting.svg.network import WAIST
from explainprune.reporting.svg.sheet import COLOURS
from explainprune.reporting.svg.wires import Wired, wired
from explainprune.types import Circuit, Comparison, Drawing, DrawnLayer, Study

MOST_NAMED = 16
"""Units of a layer that are called by their names, where they have any."""


def network(
    results: Comparison | Study | Drawing | Circuit, *, model: str | None = None, ax: Any = None
) -> Any:
    """Draw a network: layers as columns, units as dots, the strongest connections as lines.

    Where there are more, a grey bundle stands for all of them, drawn in the further the fewer there
    are: as on the page.

    Parameters
    ----------
    results : Comparison, Study, Circuit or Drawing
    model : str, optional
        Which of the two models; by default the other one.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Green connections are positive, purple ones negative, heavier ones larger.

    Raises
    ------
    ValueError
        If there is no such drawing.
    """
    shown = _wired(results, model)
    layers = shown.drawing.layers
    places = [
        [(at, 0.5 - (unit + 0.5) / max(1, len(layer.shown))) for unit in range(len(layer.shown))]
        for at, layer in enumerate(layers)
    ]
    with axes_of(ax, 1.0 + 1.5 * len(places), 3.6) as axes:
        _connections(axes, shown, places)
        for layer, column in zip(layers, places, strict=True):
            alive = np.array(layer.alive, dtype=bool)
            at = np.array(column).reshape(-1, 2)
            sizes = 6 + 30 * np.array(layer.size)
            face = np.where(alive, COLOURS["dense"], "none")
            axes.scatter(
                at[:, 0], at[:, 1], s=sizes, c=face, edgecolors=COLOURS["mark"], linewidths=0.5,
                zorder=3,
            )  # fmt: skip
            if layer.labels and len(layer.shown) <= MOST_NAMED:
                _names(axes, layer, column)
        labels = [f"{name(layer.name, 18)}\n{layer.units:,}" for layer in layers]
        axes.set_xticks(range(len(labels)), labels)
        axes.set_yticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        called = [bool(layer.labels) and len(layer.shown) <= MOST_NAMED for layer in layers]
        axes.set_xlim(-0.3 - 0.7 * called[0], len(places) - 0.7 + 0.7 * called[-1])
        axes.set_ylim(-0.55, 0.55)
    return axes


def _names(axes: Any, layer: DrawnLayer, column: list[tuple[int, float]]) -> None:
    """Call the units of the first layer to their left, others to their right."""
    for called, (x, y) in zip(layer.labels, column, strict=True):
        axes.annotate(
            name(called, 24), (x, y), xytext=(6 if x else -6, 0), textcoords="offset points",
            ha="left" if x else "right", va="center", parse_math=False,
        )  # fmt: skip


def _connections(axes: Any, shown: Wired, places: list[list[tuple[int, float]]]) -> None:
    """Draw bundles, then lines over them."""
    from matplotlib.collections import LineCollection

    steps = np.linspace(0, 1, 25)
    for bundle in shown.bundles:
        half = 0.5 * (1 - (1 - WAIST * bundle.share) * np.sin(np.pi * steps) ** 2)
        x = bundle.start + (bundle.end - bundle.start) * steps
        axes.fill_between(x, -half, half, color=COLOURS["mark"], alpha=0.16, linewidth=0)
        if bundle.end - bundle.start == 1:
            middle = (bundle.start + bundle.end) / 2
            axes.text(middle, 0, f"{bundle.total:,}", ha="center", va="center", zorder=4)
    kinds = [line.kind.split() for line in shown.lines]
    axes.add_collection(
        LineCollection(
            [(places[a][s], places[b][t]) for _, a, b, s, t in shown.lines],
            colors=[COLOURS[sign] for sign, _ in kinds],
            linewidths=[0.3 + 0.5 * int(width[1:]) for _, width in kinds],
            alpha=0.6,
        )
    )


def _wired(results: Comparison | Study | Drawing | Circuit, model: str | None) -> Wired:
    """Return the drawing of one model, on the scale that it has beside the other."""
    from explainprune.lookup import unknown

    if isinstance(results, Drawing | Circuit):
        return wired(results if isinstance(results, Drawing) else results.drawing)[0]
    drawings = subject_of(results).pair.detail.drawings
    needed(drawings, "drawings")
    chosen = list(drawings)[-1] if model is None else model
    if chosen not in drawings:
        raise unknown("model", chosen, drawings)
    return dict(zip(drawings, wired(*drawings.values()), strict=True))[chosen]
