"""A sensitivity scan: accuracy against sparsity, one line for each layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explainprune.reporting.figures.style import COLOURS, listed, new_figure, save, styled

LOOKS = tuple(
    (COLOURS[colour], marker, line)
    for line in ("-", "--", ":")
    for colour, marker in zip(
        ("dense", "other", "positive", "negative", "mark"), "osD^v", strict=True
    )
)
MOST = len(LOOKS)


def sensitivity_figure(scan: Any, path: str | Path | None = None) -> Any:
    """Draw what ``explainprune.pruning.sensitivity`` found.

    Parameters
    ----------
    scan : pandas.DataFrame
        Its columns ``layer, achieved`` and ``accuracy`` (or ``r2``, or ``loss``); the row without a
        layer is the model as it is.
    path : str or Path, optional
        A file to write as SVG.

    Returns
    -------
    matplotlib.figure.Figure
        Beyond fifteen layers, those that lose most; the title says how many there are.

    Raises
    ------
    ValueError
        If `scan` isn't a scan.
    """
    missing = sorted({"layer", "achieved", "loss"} - set(getattr(scan, "columns", ())))
    if missing:
        raise ValueError(
            "A scan is the table that explainprune.pruning.sensitivity returns. Received: "
            f"{type(scan).__name__} without {', '.join(missing)}."
        )
    with styled():
        figure = _drawn(scan, measure_of(scan))
        if path is not None:
            save(figure, Path(path))
    return figure


def measure_of(scan: Any) -> str:
    """Return the column of a scan that says how well the model does."""
    return next(name for name in ("accuracy", "r2", "loss") if name in scan)


def _drawn(scan: Any, measure: str) -> Any:
    """Draw one line for each layer, and the model as it is."""
    whole = float(scan[scan["layer"].isna()][measure].iloc[0])
    lines = dict(iter(scan.dropna(subset="layer").groupby("layer", sort=False)))
    lost = {
        name: (1 if measure == "loss" else -1) * (each[measure] - whole).sum()
        for name, each in lines.items()
    }
    shown = sorted(lines, key=lambda name: -lost[name])[:MOST]
    figure = new_figure(6.4, 3.2)
    axes = figure.subplots()
    axes.axhline(whole, color=COLOURS["muted"], linewidth=0.8, linestyle=":")
    for (colour, marker, line), name in zip(LOOKS, [n for n in lines if n in shown], strict=False):
        each = lines[name].sort_values("achieved")
        axes.plot(
            [0, *100 * each["achieved"]], [whole, *each[measure]], color=colour, marker=marker,
            linestyle=line, markersize=3.5, linewidth=1.2, label=listed(str(name)),
        )  # fmt: skip
    axes.set_xlabel("removed of the layer, %")
    axes.set_ylabel({"r2": "R²"}.get(measure, measure))
    axes.grid(axis="y")
    if len(lines) > MOST:
        axes.set_title(f"the {MOST} of {len(lines)} layers that lose most")
    figure.legend(loc="outside right center")
    return figure
