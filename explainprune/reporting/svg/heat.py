"""Images as SVG: one path for each step of colour, horizontal runs of equal cells merged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from explainprune.reporting.svg.element import element
from explainprune.types import Array

STEPS = 8
LARGEST = 32
"""Images with more rows or columns are averaged over blocks."""
APART = 12
"""Images side by side are a twelfth of their width apart."""


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
    return heats([(values, largest, kind)], label=label)


def heats(images: Sequence[tuple[Array, float, str]], *, label: str) -> Markup:
    """Draw images of one size side by side: values, largest and kind of each, as in `heat`.

    They share a path for each step of colour, so that four take hardly more elements than one.
    """
    shown = [blocks(np.asarray(values, dtype=np.float64)) for values, _, _ in images]
    height, width = shown[0].shape
    step = width + max(1, round(width / APART))
    paths: dict[tuple[str, int], str] = {}
    for index, (grid, (_, largest, kind)) in enumerate(zip(shown, images, strict=True)):
        for level, d in _paths(stepped(grid, largest), index * step):
            at = (_hue(level, kind), abs(level))
            paths[at] = paths.get(at, "") + d
    drawn = [element("path", d=d, class_=f"l{n} {hue}") for (hue, n), d in sorted(paths.items())]
    frames = "".join(f"M{i * step} 0h{width}v{height}h-{width}z" for i in range(len(images)))
    whole = step * (len(images) - 1) + width
    return element(
        "svg",
        element("path", d=frames, class_="cell0"),
        element("g", *drawn, transform="translate(0 .5)", shape_rendering="crispEdges"),
        viewBox=f"0 0 {whole} {height}",
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


def _paths(grid: Array, left: int) -> list[tuple[int, str]]:
    """Return each step's path: a stroke one unit wide along every run of cells at that step."""
    begins = np.ones(grid.shape, dtype=bool)
    begins[:, 1:] = grid[:, 1:] != grid[:, :-1]
    starts = np.flatnonzero(begins)
    runs, levels = np.diff(np.append(starts, grid.size)), grid.ravel()[starts]
    found: dict[int, list[str]] = {}
    for start, run, level in zip(starts.tolist(), runs.tolist(), levels.tolist(), strict=True):
        if level:
            y, x = divmod(start, grid.shape[1])
            found.setdefault(level, []).append(f"M{left + x} {y}h{run}")
    return [(step, "".join(found[step])) for step in sorted(found)]
