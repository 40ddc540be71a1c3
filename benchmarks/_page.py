"""Tables for documentation pages, put in place of what stood there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent.parent / "docs"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Lay rows out as a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def put(page: Path, heading: str, body: str) -> None:
    """Replace what stands under a heading of the second level, or add both at the end."""
    text = page.read_text(encoding="utf-8")
    section = f"## {heading}\n\n{body.strip()}\n"
    found = re.search(rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)", text, re.M | re.S)
    if found:
        after = text[found.end() :]
        text = text[: found.start()] + section + ("\n" + after if after else "")
    else:
        text = text.rstrip() + "\n\n" + section
    page.write_text(text, encoding="utf-8")


def filled(page: Path, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with tables put between their marks, ``<!-- name -->`` and ``<!-- end -->``."""

    def table(mark: re.Match[str]) -> str:
        made = tables.get(mark[1])
        return f"<!-- {mark[1]} -->\n\n{made()}\n\n<!-- end -->" if made else mark[0]

    text = page.read_text(encoding="utf-8")
    return re.sub(r"<!-- ([\w ]+) -->\n.*?<!-- end -->", table, text, flags=re.DOTALL)


def fill(page: Path, tables: Mapping[str, Callable[[], str]]) -> None:
    """Put tables between their marks."""
    page.write_text(filled(page, tables), encoding="utf-8")


def figure(value: float) -> str:
    """Write a small number with one digit and its power of ten."""
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e+")


def per_cent(values: Sequence[float]) -> str:
    """Write shares as their mean in per cent, with the standard error of the mean."""
    mean = 100 * sum(values) / len(values)
    spread = sum((100 * value - mean) ** 2 for value in values) / (len(values) - 1)
    return f"{_plain(mean, 3)} ± {_plain((spread / len(values)) ** 0.5, 1)}"


def _plain(value: float, digits: int) -> str:
    """Write a number with so many digits, without a power of ten where it is large."""
    return f"{float(f'{value:.{digits}g}'):,.12g}" if abs(value) >= 1e-3 else "0"
