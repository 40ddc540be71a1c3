"""One look for all figures: the page's colours on white, and the same bytes every time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COLOURS = {
    "dense": "#0b5f9e",
    "other": "#b34500",
    "mark": "#5c626b",
    "positive": "#1b7837",
    "negative": "#762a83",
    "ink": "#1b1d20",
    "muted": "#565c64",
    "grid": "#e3e3de",
    "zone": "#dfeaf3",
}
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
    "axes.grid": False,
    "axes.axisbelow": True,
    "grid.color": COLOURS["grid"],
    "text.color": COLOURS["ink"],
    "text.parse_math": False,  # a feature called "$x$" is not a formula
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

    return Figure(figsize=(width, min(height, 60.0)), layout="constrained")


def save(figure: Any, path: Path) -> None:
    """Write `figure` without a date."""
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": "explainprune"})


def colormap() -> Any:
    """Return the page's diverging colours: purple, white, green."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = [COLOURS["negative"], "#ffffff", COLOURS["positive"]]
    return LinearSegmentedColormap.from_list("signed", ends)


def listed(label: str) -> str:
    """Return a label that a legend shows: matplotlib leaves out those that begin with "_"."""
    return f" {label}" if label.startswith("_") else label
