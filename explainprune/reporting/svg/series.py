"""Series as SVG: time from the left, a lane of colour for each channel, the signal drawn on it."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from explainprune.reporting.svg.element import coordinate, element
from explainprune.reporting.svg.heat import stepped
from explainprune.types import Array

WIDTH = 128
"""Units across, and the most steps that are drawn: more are averaged over stretches."""
MOST = 12
"""Channels that are drawn at most."""
LANES = (6, 24, 72)
"""Least and largest height of a lane, and the height that all lanes share."""


def series(
    values: Array, largest: float, *, label: str, signal: Array | None = None, kind: str = "signed"
) -> Markup:
    """Draw a map of time × channel, in the colours of `heat`.

    Parameters
    ----------
    values : ndarray (steps, channels)
    largest : float
        Absolute value that gets the strongest colour.
    label : str
        What a reader who can't see it is told.
    signal : ndarray (steps, channels), optional
        Drawn as a line in each lane, from its least to its largest value there.
    kind : str
        As in `heat`.
    """
    shown = along(values)
    steps, channels = shown.shape
    wide, lane = WIDTH / steps, float(np.clip(LANES[2] / channels, *LANES[:2]))
    height = coordinate(lane * channels)
    lines = [] if signal is None else [_lines(along(signal), lane)]
    coloured = _cells(stepped(shown.T, largest), kind)
    # A cell is a stroke of width 1 along a run: scaled, it fills its lane.
    at = f"scale({coordinate(wide, 4)} {coordinate(lane, 4)}) translate(0 .5)"
    return element(
        "svg",
        element("rect", width=WIDTH, height=height, class_="cell0"),
        element("g", *coloured, transform=at, shape_rendering="crispEdges"),
        *lines,
        viewBox=f"0 0 {WIDTH} {height}",
        class_="heat",
        role="img",
        aria_label=label,
    )


def _cells(grid: Array, kind: str) -> list[Markup]:
    """Draw steps of colour (channels, steps): a path for each, runs of equal cells merged."""
    found: dict[int, list[str]] = {}
    for lane, line in enumerate(grid):
        starts = np.flatnonzero(np.diff(line, prepend=line[0] + 1))
        for start, end in zip(starts, [*starts[1:], len(line)], strict=True):
            found.setdefault(int(line[start]), []).append(f"M{start} {lane}h{end - start}")
    found.pop(0, None)
    hues = {True: "positive", False: "negative"}
    return [
        element(
            "path",
            d="".join(found[step]),
            class_=f"l{abs(step)} {hues[step > 0] if kind == 'signed' else kind}",
        )
        for step in sorted(found)
    ]


def along(values: Array) -> Array:
    """Average (steps, channels) over stretches of time until no more than `WIDTH` steps are left.

    >>> along(np.arange(512.0)[:, None])[:2, 0]
    array([1.5, 5.5])
    """
    values = np.asarray(values, dtype=np.float64)
    size = -(-len(values) // WIDTH)
    starts = np.arange(0, len(values), size)
    counts = np.diff([*starts, len(values)])
    return np.asarray(np.add.reduceat(values, starts, axis=0) / counts[:, None])


def _lines(signal: Array, lane: float) -> Markup:
    """Draw all channels as one path; a constant one lies in the middle of its lane."""
    low, high = signal.min(axis=0), signal.max(axis=0)
    spread = np.where(high > low, high - low, 1.0)
    shares = np.where(high > low, (signal - low) / spread, 0.5)
    wide, steps = WIDTH / len(signal), []
    for channel, line in enumerate(shares.T):
        floor = lane * (channel + 0.9)
        points = [
            f"{coordinate(wide * (i + 0.5))} {coordinate(floor - 0.8 * lane * value)}"
            for i, value in enumerate(line)
        ]
        steps.append("M" + "L".join(points))
    return element("path", d="".join(steps), class_="signal")
