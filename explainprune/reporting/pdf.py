"""Our Markdown documents as PDF: the same words and tables, to print and to sign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib
from fpdf import FPDF
from markdown_it import MarkdownIt

DATE = datetime(1980, 1, 1, tzinfo=UTC)
"""Of every document, so that the same text gives the same bytes."""
FONTS = {"": "DejaVuSans", "B": "DejaVuSans-Bold", "I": "DejaVuSans-Oblique"}
"""Styles and the files of them that matplotlib carries: no font of the system's is read."""
SIZES = {"h1": 16, "h2": 12, "text": 9, "item": 9, "table": 7.5}
LEVELS = {"h1": 0, "h2": 1}
LINE = 0.45
"""Height of a line, in millimetres for each point of the letters."""
Runs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Block:
    """A heading (``"h1"``, ``"h2"``), a paragraph, an item of a list, or a table.

    Attributes
    ----------
    kind : str
    runs : tuple of (str, str)
        Pieces of text, each with its style: ``""``, ``"B"`` or ``"I"``.
    rows : tuple of tuple of str
        Cells of a table, its head first.
    """

    kind: str
    runs: Runs = ()
    rows: tuple[tuple[str, ...], ...] = ()


def blocks(markdown: str) -> Iterator[Block]:
    r"""Read a document; links, images and HTML are no more than their letters.

    >>> list(blocks("# A\n\nb **c**\n\n| x | y |\n|---|---|\n| 1 | \\| |"))
    [Block(kind='h1', runs=(('', 'A'),), rows=()),
     Block(kind='text', runs=(('', 'b '), ('B', 'c')), rows=()),
     Block(kind='table', runs=(), rows=(('x', 'y'), ('1', '|')))]
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image"])
    kind, rows = "text", list[list[str]]()
    for token in reader.parse(markdown):
        if token.type in ("heading_open", "list_item_open"):
            kind = token.tag if token.type == "heading_open" else "item"
        elif token.type in ("heading_close", "list_item_close"):
            kind = "text"
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "table_close":
            yield Block("table", rows=tuple(map(tuple, rows)))
            rows = []
        elif token.type == "inline" and rows:
            rows[-1].append("".join(text for _, text in _runs(token.children or ())))
        elif token.type == "inline":
            yield Block(kind, tuple(_runs(token.children or ())))


def pdf(markdown: str) -> bytes:
    """Set a document of ours on A4 pages that are numbered; headings are its outline.

    The same text gives the same bytes. A letter that the font doesn't have is written as its code.

    Parameters
    ----------
    markdown : str

    Examples
    --------
    >>> pdf("# A title").startswith(b"%PDF-")
    True
    """
    paper = _Paper(format="A4")
    paper.set_creation_date(DATE)
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for style, file in FONTS.items():
        paper.add_font("body", style, folder / f"{file}.ttf")
    paper.set_auto_page_break(True, 18)
    paper.add_page()
    for block in blocks(markdown):
        paper.put(block)
    return bytes(paper.output())


class _Paper(FPDF):
    """A4 pages; what is drawn on them is text and lines."""

    def footer(self) -> None:
        """Write the number of the page."""
        self.set_y(-12)
        self.set_font("body", "", 7)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")

    def put(self, block: Block) -> None:
        """Set one block below the others."""
        size = SIZES[block.kind]
        self.set_font("body", "", size)
        if block.kind == "table":
            self._put_table(block.rows)
            return
        if block.kind in LEVELS:
            self.ln(2)
            if self.will_page_break(30):  # a heading stays with what it heads
                self.add_page()
            self.start_section("".join(text for _, text in block.runs), LEVELS[block.kind])
        if block.kind == "item":
            self.write(LINE * size, "• ")
        for style, text in block.runs:
            self.set_font("body", "B" if block.kind in LEVELS else style, size)
            self.write(LINE * size, self._letters(text))
        self.ln(LINE * size + (1 if block.kind == "item" else 3))

    def _put_table(self, rows: Sequence[Sequence[str]]) -> None:
        with self.table(col_widths=_widths(rows), line_height=LINE * SIZES["table"] + 0.6) as table:
            for cells in rows:
                row = table.row()
                for cell in cells:
                    row.cell(self._letters(cell))
        self.ln(3)

    def _letters(self, text: str) -> str:
        known: Any = self.fonts["body"]
        return "".join(
            letter if ord(letter) in known.cmap or letter.isspace() else f"U+{ord(letter):04X}"
            for letter in text.replace(" %", "\N{NO-BREAK SPACE}%")
        )


def _widths(rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Give columns room by their longest cell, none too little and none nearly all."""
    return tuple(min(48, max(10, *map(len, column))) for column in zip(*rows, strict=True))


def _runs(children: Iterable[Any]) -> Iterator[tuple[str, str]]:
    style = ""
    for child in children:
        if child.type.endswith("_open"):
            style = {"strong_open": "B", "em_open": "I"}.get(child.type, style)
        elif child.type.endswith("_close"):
            style = ""
        elif child.type in ("softbreak", "hardbreak"):
            yield style, " "
        elif child.content:
            yield style, child.content
