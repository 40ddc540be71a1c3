"""What an objective's search has tried."""

from __future__ import annotations

from typing import Any

from explainprune.reporting.plots.axes import axes_of
from explainprune.reporting.svg.sheet import COLOURS


def clearest(frontier: Any, *, ax: Any = None) -> Any:
    """Draw the prunings that ``prune(..., objective="clear")`` tried: connections by moved weight.

    Parameters
    ----------
    frontier : pandas.DataFrame
        Its ``frontier``.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Filled where within the margins, ringed where chosen; numbers are live inputs. Lines lead
        to the upper end of the interval, which is what the margin is for.

    Raises
    ------
    ValueError
        If it isn't such a table.
    """
    missing = sorted(
        {"stage", "connections", "moved_weight"} - set(getattr(frontier, "columns", ()))
    )
    if missing:
        raise ValueError(
            "A frontier is that of what prune(..., objective='clear') returns. Received: "
            f"{type(frontier).__name__} without {', '.join(missing)}."
        )
    looks = dict(zip(frontier["stage"].unique(), "os", strict=False))
    with axes_of(ax, 5.2, 3.6) as axes:
        for row in frontier.to_dict("records"):
            colour = COLOURS["other" if row["within"] else "mark"]
            x, y, high = (
                row["connections"], 100 * row["moved_weight"], 100 * row["moved_weight_high"]
            )  # fmt: skip
            axes.plot([x, x], [y, high], color=colour, linewidth=0.8)
            axes.plot(
                x, y, looks[row["stage"]], color=colour, markersize=4.5,
                markerfacecolor=colour if row["within"] else "none",
            )  # fmt: skip
            if row["chosen"]:
                axes.plot(x, y, "o", markersize=11, color=COLOURS["dense"], fillstyle="none")
            axes.annotate(
                str(row["inputs"]), (x, y), xytext=(5, 3), textcoords="offset points", color=colour
            )
        axes.set_xscale("log")
        axes.set_xlabel("live connections")
        axes.set_ylabel("moved weight, %")
        axes.grid(True)
    return axes
