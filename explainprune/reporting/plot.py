"""Figures on matplotlib axes: drawn into `ax`, else into axes of their own, which are returned."""

from __future__ import annotations

from typing import Any

from explainprune.reporting.plots.attributions import beeswarm, maps
from explainprune.reporting.plots.axes import axes_of, new_figure, save, styled
from explainprune.reporting.plots.frontiers import clearest
from explainprune.reporting.plots.networks import network
from explainprune.reporting.plots.pairs import frontier, paired_bars, reliability, slopegraph
from explainprune.reporting.plots.shapes import shape, shapes
from explainprune.reporting.svg.sheet import COLOURS

__all__ = [
    "COLOURS",
    "beeswarm",
    "clearest",
    "frontier",
    "maps",
    "network",
    "new_figure",
    "paired_bars",
    "reliability",
    "save",
    "scored_by",
    "sensitivity",
    "shape",
    "shapes",
    "slopegraph",
    "styled",
]

_LOOKS = tuple(
    (COLOURS[colour], marker, line)
    for line in ("-", "--", ":")
    for colour, marker in zip(
        ("dense", "other", "positive", "negative", "mark"), "osD^v", strict=True
    )
)
MOST = len(_LOOKS)


def sensitivity(scan: Any, *, ax: Any = None) -> Any:
    """Draw what ``explainprune.sensitivity`` found: a line for each layer.

    Parameters
    ----------
    scan : pandas.DataFrame
        Its columns ``layer, achieved`` and ``accuracy`` (or ``r2``, or ``loss``); the row without a
        layer is the model as it is.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Beyond fifteen layers, those that lose most; the title says how many there are.

    Raises
    ------
    ValueError
        If `scan` isn't a scan.
    """
    missing = sorted({"layer", "achieved", "loss"} - set(getattr(scan, "columns", ())))
    if missing:
        raise ValueError(
            "A scan is the table that explainprune.sensitivity returns. Received: "
            f"{type(scan).__name__} without {', '.join(missing)}."
        )
    with axes_of(ax) as axes:
        _lines(axes, scan, scored_by(scan))
    return axes


def scored_by(scan: Any) -> str:
    """Return the column of a scan that says how well the model does."""
    return next(name for name in ("accuracy", "r2", "loss") if name in scan)


def _lines(axes: Any, scan: Any, measure: str) -> None:
    """Draw one line for each layer, and the model as it is."""
    whole = float(scan[scan["layer"].isna()][measure].iloc[0])
    layers = dict(iter(scan.dropna(subset="layer").groupby("layer", sort=False)))
    lost = {
        name: (1 if measure == "loss" else -1) * (each[measure] - whole).sum()
        for name, each in layers.items()
    }
    shown = sorted(layers, key=lambda name: -lost[name])[:MOST]
    axes.axhline(whole, color=COLOURS["muted"], linewidth=0.8, linestyle=":")
    for (colour, marker, dash), name in zip(
        _LOOKS, (n for n in layers if n in shown), strict=False
    ):
        each = layers[name].sort_values("achieved")
        label = f" {name}" if str(name).startswith("_") else str(name)  # else no legend shows it
        axes.plot(
            [0, *100 * each["achieved"]], [whole, *each[measure]], color=colour, marker=marker,
            linestyle=dash, markersize=3.5, linewidth=1.2, label=label,
        )  # fmt: skip
    axes.set_xlabel("removed of the layer, %")
    axes.set_ylabel({"r2": "R²"}.get(measure, measure))
    axes.grid(axis="y")
    if len(layers) > MOST:
        axes.set_title(f"the {MOST} of {len(layers)} layers that lose most")
    for text in axes.legend(loc="center left", bbox_to_anchor=(1, 0.5)).get_texts():
        text.set_parse_math(False)  # a layer called "$x$" is not a formula
