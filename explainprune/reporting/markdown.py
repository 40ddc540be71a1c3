"""Text and tables as Markdown in which what users wrote is text, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from explainprune.reporting.formatting import name

MARKS = "\\`*_|[]#"


def plain(text: object) -> str:
    r"""Write text so that no Markdown and no HTML is read in it, on one line.

    >>> plain("a|<b>\n# c")
    'a\\|&lt;b&gt; \\# c'
    """
    safe = " ".join(escape(name(text), quote=False).split())
    for mark in MARKS:
        safe = safe.replace(mark, f"\\{mark}")
    return safe


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lay rows out under a head; the head is ours.

    >>> print(*table(("what", "n"), [("<a>", 1)]), sep=chr(10))
    | what | n |
    |---|---|
    | &lt;a&gt; | 1 |
    """
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return lines + [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
