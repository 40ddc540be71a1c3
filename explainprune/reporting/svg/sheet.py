"""Charts of the page laid out, as they are, in an SVG file that stands alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from explainprune.reporting.formatting import name
from explainprune.reporting.svg.element import element, size_of

TEMPLATES = Path(__file__).parents[1] / "templates"
LIGHT = (TEMPLATES / "page.css").read_text(encoding="utf-8").partition("}")[0]
COLOURS = dict(re.findall(r"--(\w+): (.+?);", LIGHT)) | {"page": "#ffffff"}
"""The page's light colours and fonts by name, on white: what its variables stand for in a file."""
LABEL, TRACK, LINE, GAP = 260, 400, 18, 16
"""Width of a table's labels and of its tracks; height of a line of text; room between charts."""
MOST_LETTERS = 40


@dataclass(frozen=True)
class Block:
    """Something drawn from (0, 0) on, and its size in pixels."""

    width: float
    height: float
    drawn: tuple[Markup, ...]


def table(title: str, ruler: Markup, rows: Iterable[tuple[str, Markup, float]]) -> Block:
    """Lay out the rows of a figure that is a table: each a label, a track and its height."""
    y = LINE + (36.0 if 'class="named"' in ruler else LINE)
    drawn = [_heading(title), _place(ruler, LABEL, LINE, TRACK, y - LINE)]
    for label, track, height in rows:
        drawn.append(element("text", name(label, MOST_LETTERS), y=y + height / 2 + 4))
        drawn.append(_place(track, LABEL, y, TRACK, height))
        y += height
    return Block(LABEL + TRACK, y, tuple(drawn))


def grid(
    title: str, cells: Sequence[tuple[str, Markup]], columns: int, width: float | None = None
) -> Block:
    """Lay out charts side by side, each below its caption, `width` wide or in their own size."""
    sizes = [size_of(chart) for _, chart in cells]
    scales = [1.0 if width is None else width / across for across, _ in sizes]
    cell = max(across * scale for (across, _), scale in zip(sizes, scales, strict=True)) + GAP
    drawn, y = ([_heading(title)], float(LINE)) if title else ([], 0.0)
    for start in range(0, len(cells), columns):
        line = range(start, min(start + columns, len(cells)))
        for index in line:
            (caption, chart), x = cells[index], cell * (index - start)
            across, down = (side * scales[index] for side in sizes[index])
            drawn.append(element("text", name(caption, int(cell / 7)), x=x, y=y + 12))
            drawn.append(_place(chart, x, y + LINE, across, down))
        y += LINE + max(sizes[index][1] * scales[index] for index in line) + GAP / 2
    return Block(cell * min(columns, len(cells)) - GAP, y, tuple(drawn))


def key(entries: Sequence[tuple[Markup, str]]) -> Block:
    """Say what marks or colours stand for, three to a line."""
    drawn = []
    for index, (mark, label) in enumerate(entries):
        x, y = (LABEL + 50) * (index % 3), LINE * (index // 3)
        drawn.append(_place(mark, x, y + 2, 26, 14))
        drawn.append(element("text", name(label, MOST_LETTERS), x=x + 32, y=y + 13))
    width = (LABEL + 50) * min(3, len(entries))
    return Block(width, LINE * -(-len(entries) // 3), tuple(drawn))


def swatch(role: str) -> Markup:
    """Draw a dot in the colour of a model."""
    return element("svg", element("path", d="M13 7h0", class_=f"dot {role}"))


def sheet(blocks: Sequence[Block], *, title: str, about: str) -> Markup:
    """Put blocks one below the other into a file with a title, a description and its own style."""
    drawn, y = [], float(GAP)
    for block in blocks:
        drawn.append(_place(Markup("").join(block.drawn), GAP, y, block.width, block.height))
        y += block.height + GAP
    width = max(block.width for block in blocks) + 2 * GAP
    return element(
        "svg",
        element("title", name(title)),
        element("desc", name(about)),
        element("style", _style()),
        element("rect", width="100%", height="100%", fill=COLOURS["page"]),
        *drawn,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:.0f} {y:.0f}",
        width=width,
        height=y,
        role="img",
        font_family=COLOURS["sans"],
        font_size="12",
        fill=COLOURS["ink"],
    )


def _style() -> Markup:
    """Return the charts' rules with a value for each variable: few readers of SVG know them."""
    rules = (TEMPLATES / "figures.css").read_text(encoding="utf-8")
    return Markup(re.sub(r"var\(--(\w+)\)", lambda found: COLOURS[found[1]], rules))


def _heading(title: str) -> Markup:
    return element("text", name(title, 90), y=12, font_weight="600")


def _place(chart: Markup, x: float, y: float, width: float, height: float) -> Markup:
    return element("svg", chart, x=x, y=y, width=width, height=height, overflow="visible")
