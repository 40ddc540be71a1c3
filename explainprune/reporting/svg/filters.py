"""Filters of a convolution as images of their weights: one path for each step of colour."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from markupsafe import Markup

from explainprune.reporting.formatting import name
from explainprune.reporting.svg.element import coordinate, element
from explainprune.reporting.svg.heat import stepped
from explainprune.types import DrawnFilters

SIDE, GAP, LINE = 34.0, 6.0, 15.0
"""An image's longer side; room between images; height of a line of text."""
WIDTH, NARROWEST = 480, 90.0
LETTER = 6.4


def filters(models: Sequence[DrawnFilters], *, label: str) -> Markup:
    """Draw the same filters of one model, or of several below each other, on one scale of colour.

    Parameters
    ----------
    models : sequence of DrawnFilters
        Of the same filters and inputs: a row of images for each model.
    label : str
        What a reader who can't see it is told.
    """
    first = models[0]
    height, width = first.shape
    size = SIDE / max(height, width)
    across, down = size * width + GAP, size * height + GAP
    groups = [list(g) for _, g in groupby(range(len(first.unit)), key=lambda i: first.unit[i])]
    cell = max(max(map(len, groups)) * across + 2 * GAP, NARROWEST)
    columns = max(1, int(WIDTH // cell))
    tall = LINE + down * len(models) + GAP
    largest = strongest(models)
    drawn = _Drawn()
    for place, tiles in enumerate(groups):
        x, y = cell * (place % columns), tall * (place // columns)
        told = f"{first.unit[tiles[0]]}: {_inputs([first.source[i] for i in tiles])}"
        drawn.say(told, x, y + LINE - 4, int((cell - GAP) / LETTER))
        for row, model in enumerate(models):
            for turn, i in enumerate(tiles):
                at = (x + across * turn, y + LINE + down * row)
                drawn.image(model.values[i], (height, width), size, at, largest)
    total = cell * min(columns, len(groups)), tall * -(-len(groups) // columns)
    return element(
        "svg",
        *drawn.elements(size),
        viewBox=f"0 0 {coordinate(max(WIDTH, total[0]))} {coordinate(total[1])}",
        class_="filters",
        role="img",
        aria_label=label,
    )


def strongest(models: Sequence[DrawnFilters]) -> float:
    """Return the largest |weight| of the images, which gets the strongest colour."""
    sizes = [abs(v) for model in models for image in model.values for v in image]
    return max(sizes, default=0.0) or 1.0


def _inputs(sources: Sequence[str]) -> str:
    """Name a filter's inputs, a common beginning once.

    >>> _inputs(["conv 3", "conv 7"]), _inputs(["red", "blue"])
    ('conv 3, 7', 'red, blue')
    """
    begun = {source.rpartition(" ")[0] for source in sources}
    if len(begun) == 1 and "" not in begun:
        return f"{begun.pop()} {', '.join(source.rpartition(' ')[2] for source in sources)}"
    return ", ".join(sources)


class _Drawn:
    """What is drawn so far: runs of equal colour by their class, frames and texts."""

    def __init__(self) -> None:
        self.runs: dict[str, list[str]] = {}
        self.frames: dict[str, list[str]] = {"frame": [], "frame gone": []}
        self.texts: list[Markup] = []

    def say(self, text: str, x: float, y: float, room: int) -> None:
        """Add a line of text that ends before the next filter."""
        self.texts.append(element("text", name(text, max(6, room)), x=x, y=y))

    def image(
        self,
        values: tuple[float, ...],
        shape: tuple[int, int],
        size: float,
        at: tuple[float, float],
        largest: float,
    ) -> None:
        """Add an image; one that the model lacks is an empty, broken frame."""
        (height, width), (x, y) = shape, at
        box = f"M{coordinate(x)} {coordinate(y)}h{coordinate(size * width)}"
        box += f"v{coordinate(size * height)}h-{coordinate(size * width)}z"
        self.frames["frame" if values else "frame gone"].append(box)
        if values:
            steps = stepped(np.reshape(values, shape), largest)
            for (row, column), step in np.ndenumerate(steps):
                if step:
                    kind = f"l{abs(step)} {'positive' if step > 0 else 'negative'}"
                    left, middle = x + size * column, y + size * (row + 0.5)
                    run = f"M{coordinate(left)} {coordinate(middle)}h{coordinate(size)}"
                    self.runs.setdefault(kind, []).append(run)

    def elements(self, size: float) -> list[Markup]:
        """Return everything, images `size` per weight."""
        frames = [
            element("path", d="".join(boxes), class_=kind)
            for kind, boxes in self.frames.items()
            if boxes
        ]
        runs = [
            element("path", d="".join(self.runs[kind]), class_=kind, stroke_width=size)
            for kind in sorted(self.runs)
        ]
        return [*frames, *runs, *self.texts]
