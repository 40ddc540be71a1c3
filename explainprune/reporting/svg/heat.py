"""Images as SVG: one path for each step of colour, horizontal runs of equal cells merged."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from explainprune.reporting.svg.element import element
from explainprune.types import Array

STEPS = 8
LARGEST = 32
"""Images with more rows or columns are averaged over blocks."""


def heat(values: Array, largest: float, *, label: str, kind: str = "signed") -> Markup:
    """Draw a two-dimensional array in `STEPS` steps of colour on each side of zero.

    Parameters
    ----------
    values : ndarray (height, width)
    largest : float
        Absolute value that gets the strongest colour. Zero draws nothing but the frame.
    label : str
        What a reader who can't see it is told.
    kind : str
        ``"signed"`` (two hues), ``"ink"`` (an input), ``"dense"`` or ``"other"`` (one model's).

    Notes
    -----
    A cell of step l holds values with ``round(STEPS |v| / largest) = l``; step 0 isn't drawn.
    """
    shown = blocks(np.asarray(values, dtype=np.float64))
    height, width = shown.shape
    paths = [
        element("path", d=d, class_=f"l{abs(step)} {_hue(step, kind)}")
        for step, d in _paths(stepped(shown, largest))
    ]
    return element(
        "svg",
        element("rect", width=width, height=height, class_="cell0"),
        element("g", *paths, transform="translate(0 .5)", shape_rendering="crispEdges"),
        viewBox=f"0 0 {width} {height}",
        class_="heat",
        role="img",
        aria_label=label,
    )


def stepped(values: Array, largest: float) -> Array:
    """Round values to signed steps of colour, −`STEPS` to `STEPS`.

    >>> stepped(np.array([-1.0, 0.0, 0.03, 0.5, 2.0]), 1.0)
    array([-8,  0,  0,  4,  8])
    """
    if largest <= 0:
        return np.zeros(values.shape, dtype=int)
    return np.clip(np.rint(STEPS * values / largest), -STEPS, STEPS).astype(int)


def blocks(values: Array) -> Array:
    """Average over square blocks until neither side has more than `LARGEST` cells.

    >>> blocks(np.ones((64, 33))).shape
    (32, 17)
    """
    size = -(-max(values.shape) // LARGEST)
    if size == 1:
        return values
    height, width = (-(-side // size) * size for side in values.shape)
    padded = np.full((height, width), np.nan)
    padded[: values.shape[0], : values.shape[1]] = values
    split = padded.reshape(height // size, size, width // size, size)
    averaged: Array = np.nanmean(split, axis=(1, 3))
    return averaged


def legend(kind: str = "signed") -> Markup:
    """Draw the colour bar of `heat`: one cell for each step."""
    steps = range(-STEPS if kind == "signed" else 0, STEPS + 1)
    cells = [
        element("path", d=f"M{index} 0h1", class_=f"l{abs(step)} {_hue(step, kind)}")
        for index, step in enumerate(steps)
        if step
    ]
    return element(
        "svg",
        element("rect", width=len(steps), height=1, class_="cell0"),
        element("g", *cells, transform="translate(0 .5)", shape_rendering="crispEdges"),
        viewBox=f"0 0 {len(steps)} 1",
        preserveAspectRatio="none",
        class_="heat colourbar",
        aria_hidden="true",
    )


def _hue(step: int, kind: str) -> str:
    if kind != "signed":
        return kind
    return "positive" if step > 0 else "negative"


def _paths(grid: Array) -> list[tuple[int, str]]:
    """Return each step's path: a stroke one unit wide along every run of cells at that step."""
    found: dict[int, list[str]] = {}
    for y, line in enumerate(grid):
        starts = np.flatnonzero(np.diff(line, prepend=line[0] + 1))
        ends = np.append(starts[1:], len(line))
        for start, end in zip(starts, ends, strict=True):
            if line[start]:
                found.setdefault(int(line[start]), []).append(f"M{start} {y}h{end - start}")
    return [(step, "".join(found[step])) for step in sorted(found)]
