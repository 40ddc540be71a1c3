"""Axes to draw on: the caller's, or those of a figure of our own, in our own style."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from explainprune.reporting.formatting import name
from explainprune.reporting.svg.sheet import COLOURS

_SETTINGS: Any = {
    "svg.hashsalt": "explainprune",
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": COLOURS["muted"],
    "axes.axisbelow": True,
    "grid.color": COLOURS["faint"],
    "text.color": COLOURS["ink"],
    "text.parse_math": False,
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["ink"],
    "legend.frameon": False,
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw with our settings alone, whatever the user's matplotlib is set to; then restore them."""
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        # Names may hold characters that the font lacks, or be too long for the layout.
        warnings.filterwarnings("ignore", category=UserWarning, module="matplotlib")
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        warnings.filterwarnings("ignore", message="constrained_layout not", category=UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def new_figure(width: float, height: float) -> Any:
    """Return an empty figure, in inches, that belongs to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


@contextmanager
def axes_of(ax: Any, width: float = 6.4, height: float = 3.2) -> Iterator[Any]:
    """Give the caller's axes as they are, or new ones in our style."""
    with styled() if ax is None else nullcontext():
        yield new_figure(width, height).subplots() if ax is None else ax


def save(figure: Any, path: Path) -> None:
    """Write `figure` as SVG, without a date."""
    with styled():
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": "explainprune"})


def down(axes: Any, labels: list[str]) -> None:
    """Name the rows 0, 1, … of a figure that is read from the top."""
    axes.set_yticks(range(len(labels)), [name(label, 40) for label in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    for text in axes.get_yticklabels():
        text.set_parse_math(False)  # a feature called "$x$" is not a formula
